// Messages between the page and the worker that owns the engine.

import type {
  ArenaStatus,
  Description,
  Diagnostic,
  SimulationOptions,
  WorldEvent,
} from './types.ts';

/** One arena at one tick. */
export interface ArenaFrame {
  /** u8[height, width, 8]. */
  words: Uint8Array;
  hash: string;
  status: ArenaStatus;
  events: WorldEvent[];
}

/** All arenas of a world at one tick. */
export interface Frame {
  arenas: ArenaFrame[];
}

export type Request =
  | {
      id: number;
      call: 'load';
      text: string;
      file: string;
      options: SimulationOptions;
      /** Whether the answer carries the warnings of the text. */
      warn: boolean;
    }
  | { id: number; call: 'step'; ticks: number; spare: ArrayBuffer[] }
  | { id: number; call: 'seek'; tick: number; spare: ArrayBuffer[] };

export interface Loaded {
  description: Description;
  frame: Frame;
  /** Warnings of the text, if they were asked for. */
  warnings: Diagnostic[];
}

export type Answer =
  | { id: number; ok: true; value: Loaded | Frame }
  | { id: number; ok: false; message: string; diagnostics: Diagnostic[]; trapped: boolean };
