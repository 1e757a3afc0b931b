import { describe, expect, it } from 'vitest';
import { agentLetter, agentStyle, contrast } from '../../src/render/palette.ts';
import { bodies, bodyAt, changedCells } from '../../src/render/words.ts';

describe('map words', () => {
  it('reads role, facing, frozen, carrying and the own bit from the look byte', () => {
    const words = new Uint8Array(8);
    words[5] = 3;
    words[6] = 2 | (3 << 3) | 32 | 64;
    expect(bodyAt(words, 0)).toEqual({
      slot: 2,
      role: 1,
      facing: 3,
      still: true,
      carrying: true,
      marked: false,
    });
  });

  it('finds no body where the slot byte is 0', () => {
    expect(bodyAt(new Uint8Array([1, 2, 3, 4, 5, 0, 255, 7]), 0)).toBeNull();
    expect(bodies(new Uint8Array(16))).toEqual([]);
  });

  it('names the cells whose layers or effect changed, and not those where a body moved', () => {
    const before = new Uint8Array(32);
    const after = before.slice();
    after[0 * 8 + 5] = 1;
    after[1 * 8 + 2] = 7;
    after[3 * 8 + 7] = 1;
    expect(changedCells(before, after)).toEqual([1, 3]);
    expect(changedCells(null, after)).toEqual([0, 1, 2, 3]);
  });
});

describe('agents', () => {
  it('have a letter each, also beyond Z', () => {
    expect([0, 7, 25, 26, 27].map(agentLetter)).toEqual(['A', 'H', 'Z', 'AA', 'AB']);
  });

  it('have letters that stand out from their fill by 4.5 to 1', () => {
    for (let slot = 0; slot < 16; slot++) {
      const { fill, ink } = agentStyle(slot);
      expect(contrast(fill, ink), `slot ${slot}`).toBeGreaterThanOrEqual(4.5);
    }
  });
});
