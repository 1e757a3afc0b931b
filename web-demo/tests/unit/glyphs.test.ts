import { describe, expect, it } from 'vitest';
import type { Look } from '../../src/engine/types.ts';
import { ground, letters, tint } from '../../src/render/glyphs.ts';
import { contrast, OUTLINE } from '../../src/render/palette.ts';
import { tileSide } from '../../src/render/words.ts';
import { kinds } from '../../src/ui/legend.ts';

const signs = (...kinds: string[]): string[] => [
  ...letters(kinds.map((kind) => ({ kind }))).values(),
];

describe('signs of kinds without a picture', () => {
  it('are two letters, and tell the kinds of a file apart', () => {
    expect(signs('coop', 'corn', 'coin_red', 'coin_blue')).toEqual(['co', 'cr', 'ci', 'cb']);
    expect(signs('x', 'xx', 'xxx')).toEqual(['x', 'xx', 'xx']);
    const many = ['red', 'rice', 'rock', 'river', 'ripe', 'rim', 'ring', 'rabbit'];
    expect(new Set(signs(...many)).size).toBe(many.length);
  });

  it('have colours on which their letters can be read', () => {
    for (const kind of ['coin_red', 'water', 'defect', 'coop', 'thing', 'q', 'wall', 'mushroom']) {
      expect(contrast(tint(kind), OUTLINE), kind).toBeGreaterThanOrEqual(4.5);
      expect(contrast(ground(kind), OUTLINE), kind).toBeGreaterThanOrEqual(4.5);
    }
    expect(tint('mushroom_red')).toBe(tint('red_coin'));
    expect(tint('mushroom_red')).not.toBe(tint('mushroom_blue'));
  });
});

describe('the side of a tile', () => {
  const room = { width: 390, height: 600, scale: 2 };
  it('fits a map into its room both ways', () => {
    expect(tileSide({ width: 39, height: 23 }, room)).toBe(20);
    expect(tileSide({ width: 10, height: 60 }, room)).toBe(20);
  });

  it('is no larger for a map of a few cells, and never nothing', () => {
    expect(tileSide({ width: 3, height: 3 }, room)).toBe(144);
    expect(tileSide({ width: 128, height: 128 }, { width: 60, height: 60, scale: 1 })).toBe(1);
  });
});

describe('what is what', () => {
  const look = (code: number, kind: string, state?: string): Look => ({
    code,
    layer: kind === 'grass' ? 'floor' : 'solid',
    kind,
    value: null,
    ...(state === undefined ? {} : { state }),
  });
  const names = (...looks: Look[]): string[] =>
    kinds(looks).map(({ kind, state }) => `${kind} ${state ?? ''}`.trim());

  it('names each kind once, floors and plain walls not at all', () => {
    expect(names(look(1, 'grass'), look(2, 'wall'), look(3, 'box'), look(4, 'box'))).toEqual([
      'box',
    ]);
  });

  it('names the states that have words, and owners once', () => {
    expect(
      names(
        look(1, 'gate', 'open'),
        look(2, 'gate', 'shut'),
        look(3, 'lever', '0'),
        look(4, 'lever', '1'),
        look(5, 'claim', 'free'),
        look(6, 'claim', 'of 0'),
        look(7, 'claim', 'of 1'),
      ),
    ).toEqual(['gate open', 'gate shut', 'lever 0', 'claim free', 'claim of 0']);
  });
});
