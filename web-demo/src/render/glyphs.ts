// Signs for kinds that a skin has no picture of: letters that tell the kinds of one file apart, and a
// colour taken from the kind's name. Every scenario can be drawn without a sprite of its own.

import type { Look } from '../engine/types.ts';
import { FLOOR } from './palette.ts';

/** Colours that carry the dark outline colour as ink by 4.5 to 1 and more. */
const TINTS = {
  red: '#E8938B',
  orange: '#EBB07A',
  yellow: '#EBDA8C',
  green: '#93C89C',
  teal: '#88C9C4',
  blue: '#92B9E4',
  purple: '#C3A8DE',
  pink: '#EBAFCB',
  brown: '#C8A98A',
  grey: '#B9BFC6',
  white: '#FFFFFF',
} as const;

type Tint = keyof typeof TINTS;

/** Words in names that suggest a colour. */
const WORDS: Partial<Record<string, Tint>> = {
  gray: 'grey',
  violet: 'purple',
  water: 'blue',
  river: 'blue',
  lake: 'blue',
  ice: 'teal',
  snow: 'white',
  wet: 'teal',
  dry: 'brown',
  soil: 'brown',
  ground: 'brown',
  grass: 'green',
  bush: 'green',
  tree: 'green',
  plant: 'green',
  coop: 'green',
  goal: 'green',
  lava: 'orange',
  fire: 'orange',
  defect: 'red',
  tomato: 'red',
  hazard: 'red',
  coin: 'yellow',
  gold: 'yellow',
  sand: 'yellow',
  dirt: 'brown',
  mud: 'brown',
  waste: 'brown',
  wood: 'brown',
  box: 'brown',
  stone: 'grey',
  rock: 'grey',
};

const HUES = Object.keys(TINTS).filter((name) => name !== 'white' && name !== 'grey') as Tint[];

/** The colour of a kind without a picture: that of a word in its name, else one that its letters choose. */
export function tint(kind: string): string {
  const words = kind.split('_');
  for (const word of words) if (word in TINTS) return TINTS[word as Tint];
  for (const word of words) {
    const known = WORDS[word];
    if (known) return TINTS[known];
  }
  let sum = 0;
  for (const letter of kind) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 8191;
  return TINTS[HUES[sum % HUES.length] ?? 'grey'];
}

/** The ground of a map is quieter than what lies on it. */
export function ground(kind: string): string {
  return kind === 'floor' ? FLOOR : mix(tint(kind), FLOOR, 0.4);
}

/** Two letters for each kind of a file, different ones where its names allow it. */
export function letters(looks: readonly Pick<Look, 'kind'>[]): Map<string, string> {
  const made = new Map<string, string>();
  const taken = new Set<string>();
  for (const { kind } of looks) {
    if (made.has(kind)) continue;
    const sign = candidates(kind).find((letters) => !taken.has(letters)) ?? kind.slice(0, 2);
    made.set(kind, sign);
    taken.add(sign);
  }
  return made;
}

/** First the initials of two words, then the first letter with each later one. */
function candidates(kind: string): string[] {
  const [first = '', ...rest] = kind.split('_');
  const start = first.slice(0, 1);
  const initials = rest.map((word) => start + word.slice(0, 1));
  return [...initials, ...[...kind.slice(1).replaceAll('_', '')].map((letter) => start + letter)];
}

/** A share of one `#RRGGBB` colour in another. */
function mix(a: string, b: string, share: number): string {
  const channel = (at: number): string => {
    const [x, y] = [a, b].map((colour) => Number.parseInt(colour.slice(at, at + 2), 16)) as [
      number,
      number,
    ];
    return Math.round(x * share + y * (1 - share))
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}
