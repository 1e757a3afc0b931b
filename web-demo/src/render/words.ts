// Reading the words of a map: 8 bytes a cell, row by row.

import { WORD } from '../engine/types.ts';

/** The body in a cell, as its look byte says. */
export interface Body {
  slot: number;
  /** Index of its role in file order. */
  role: number;
  /** 0 to 3: north, east, south, west. */
  facing: number;
  /** Frozen or switched off. */
  still: boolean;
  carrying: boolean;
  marked: boolean;
}

/** A body and where it stands. */
export interface Placed extends Body {
  cell: number;
}

/** Most CSS pixels of a tile: a map of a few cells stays a picture, and no wall of colour. */
const TILE_MAX = 72;

/** Side of a tile in device pixels, so that a map fits its room in both directions; 1 at least. */
export function tileSide(
  map: { width: number; height: number },
  room: { width: number; height: number; scale: number },
): number {
  const side = Math.min(room.width / map.width, room.height / map.height, TILE_MAX);
  return Math.max(1, Math.floor(side * room.scale));
}

/** The body of a cell, null where there is none. */
export function bodyAt(words: Uint8Array, cell: number): Body | null {
  const slot = words[cell * WORD + 5] ?? 0;
  const look = words[cell * WORD + 6] ?? 0;
  if (slot === 0) return null;
  return {
    slot: slot - 1,
    role: (look & 7) - 1,
    facing: (look >> 3) & 3,
    still: (look & 32) !== 0,
    carrying: (look & 64) !== 0,
    marked: (look & 128) !== 0,
  };
}

/** All bodies on the map, by cell. */
export function bodies(words: Uint8Array): Placed[] {
  const found: Placed[] = [];
  for (let cell = 0; cell < words.length / WORD; cell++) {
    const body = bodyAt(words, cell);
    if (body) found.push({ ...body, cell });
  }
  return found;
}

/** Cells whose layers or effect differ, bodies left out. Null before: all of them. */
export function changedCells(before: Uint8Array | null, after: Uint8Array): number[] {
  const changed: number[] = [];
  for (let cell = 0; cell < after.length / WORD; cell++) {
    const at = cell * WORD;
    let same = before !== null && before[at + 7] === after[at + 7];
    for (let k = 0; same && k < 5; k++) same = before?.[at + k] === after[at + k];
    if (!same) changed.push(cell);
  }
  return changed;
}
