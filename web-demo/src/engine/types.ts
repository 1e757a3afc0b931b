// The engine's own declarations, and what the page adds to read its maps.

import type { Layer } from '../../../wasm/src/types.d.ts';

export type * from '../../../wasm/src/types.d.ts';

/** Layers of a map cell, in the order of the bytes of its word. */
export const LAYERS: readonly Layer[] = ['floor', 'solid', 'item', 'mark', 'air'];
/** Bytes of a map word: five layers, slot + 1, look of the body, effect of the tick. */
export const WORD = 8;
