// Which cards the gallery shows, in which order, and where the arrow keys go.

import type { ScenarioEntry } from '../engine/scenarios.ts';

/** The scenarios of one folder. */
export interface Group {
  name: string;
  entries: ScenarioEntry[];
}

/** What a visitor looks for: a group, or all of them, and words. */
export interface Search {
  group: string | null;
  words: string;
}

/** Groups that are called after a name. */
const NAMES: Partial<Record<string, string>> = { govsim: 'GovSim', melting_pot: 'Melting Pot' };

/** A folder's name as a heading: `public_goods` is Public goods. */
export function heading(group: string): string {
  const name = NAMES[group];
  if (name) return name;
  const words = group.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** All groups, in the order of the list. */
export function groups(entries: readonly ScenarioEntry[]): Group[] {
  const found = new Map<string, ScenarioEntry[]>();
  for (const entry of entries) {
    const group = found.get(entry.group) ?? [];
    group.push(entry);
    found.set(entry.group, group);
  }
  return [...found].map(([name, entries]) => ({ name, entries }));
}

/** The groups that a search leaves, without those that it empties. */
export function found(entries: readonly ScenarioEntry[], search: Search): Group[] {
  const words = plain(search.words).split(/\s+/).filter(Boolean);
  return groups(
    entries.filter((entry) => {
      if (search.group !== null && entry.group !== search.group) return false;
      const text = plain(`${entry.title} ${entry.asks} ${heading(entry.group)} ${entry.id}`);
      return words.every((word) => text.includes(word));
    }),
  );
}

/** Small letters without accents; an underline is a gap. */
function plain(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('_', ' ').toLowerCase();
}

/** Where a card lies: its left edge and its top. */
export interface Place {
  x: number;
  y: number;
}

/** The card that a key leads to from card `at`; null where the key leads nowhere. */
export function nextCard(places: readonly Place[], at: number, key: string): number | null {
  const n = places.length;
  const here = places[at];
  if (!here) return null;
  if (key === 'ArrowRight') return (at + 1) % n;
  if (key === 'ArrowLeft') return (at + n - 1) % n;
  if (key === 'Home') return 0;
  if (key === 'End') return n - 1;
  if (key !== 'ArrowDown' && key !== 'ArrowUp') return null;
  const down = key === 'ArrowDown';
  const beyond = places.map(({ y }) => y).filter((y) => (down ? y > here.y : y < here.y));
  // At the edge it goes on at the other end, as sideways.
  const all = places.map(({ y }) => y);
  const rows = beyond.length > 0 ? beyond : all;
  const row = down ? Math.min(...rows) : Math.max(...rows);
  let best: number | null = null;
  places.forEach((place, index) => {
    if (place.y !== row) return;
    const away = Math.abs(place.x - here.x);
    if (best === null || away < Math.abs((places[best]?.x ?? 0) - here.x)) best = index;
  });
  return best;
}
