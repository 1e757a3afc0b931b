import { describe, expect, it } from 'vitest';
import type { ScenarioEntry } from '../../src/engine/scenarios.ts';
import { found, heading, nextCard } from '../../src/ui/filter.ts';

const entry = (group: string, id: string, title: string, asks = ''): ScenarioEntry => ({
  id,
  group,
  title,
  asks,
  calibration: false,
  effect: false,
  hashes: false,
});

const ALL = [
  entry('commons', 'harvest', 'Commons harvest', 'Do gatherers leave apples?'),
  entry('melting_pot', 'clean_up', 'Clean-up', 'Who cleans the river?'),
  entry('melting_pot', 'coins', 'Coins', 'Does it take what is another’s?'),
];

const ids = (group: string | null, words: string): string[][] =>
  found(ALL, { group, words }).map(({ entries }) => entries.map(({ id }) => id));

describe('the search', () => {
  it('leaves all groups where nothing is asked', () => {
    expect(ids(null, ' ')).toEqual([['harvest'], ['clean_up', 'coins']]);
  });

  it('takes every word, in title, question, group or id, whatever their case', () => {
    expect(ids(null, 'RIVER pot')).toEqual([['clean_up']]);
    expect(ids(null, 'clean up')).toEqual([['clean_up']]);
    expect(ids(null, 'apples river')).toEqual([]);
    expect(ids(null, 'ĉoins')).toEqual([['coins']]);
  });

  it('keeps to the group chosen', () => {
    expect(ids('melting_pot', '')).toEqual([['clean_up', 'coins']]);
    expect(ids('melting_pot', 'apples')).toEqual([]);
  });

  it('calls a group by its folder', () => {
    expect(['melting_pot', 'power', 'public_goods'].map(heading)).toEqual([
      'Melting Pot',
      'Power',
      'Public goods',
    ]);
  });
});

describe('the arrow keys among the cards', () => {
  // Three in the first row, one in the second, two in the third.
  const places = [
    { x: 0, y: 0 },
    { x: 100, y: 0 },
    { x: 200, y: 0 },
    { x: 0, y: 80 },
    { x: 0, y: 200 },
    { x: 100, y: 200 },
  ];
  const go = (at: number, key: string) => nextCard(places, at, key);

  it('go on sideways from card to card, and round', () => {
    expect([go(2, 'ArrowRight'), go(5, 'ArrowRight'), go(0, 'ArrowLeft')]).toEqual([3, 0, 5]);
  });

  it('go to the nearest card of the next row, also over a heading', () => {
    expect([go(2, 'ArrowDown'), go(3, 'ArrowDown'), go(5, 'ArrowUp'), go(3, 'ArrowUp')]).toEqual([
      3, 4, 3, 0,
    ]);
    expect([go(5, 'ArrowDown'), go(1, 'ArrowUp')]).toEqual([1, 5]);
  });

  it('reach both ends, and nothing by another key or from outside', () => {
    expect([go(3, 'Home'), go(3, 'End'), go(3, 'a'), go(-1, 'ArrowDown')]).toEqual([
      0,
      5,
      null,
      null,
    ]);
  });
});
