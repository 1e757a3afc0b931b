// The engine as wasm-bindgen exports it (wasm/src/lib.rs). `#core` is the built package; in tests it
// is the stand-in of tests/mock, which must keep to this file too.

declare module '#core' {
  import type {
    ArenaDiff,
    ArenaStatus,
    Description,
    Diagnostic,
    GroupView,
    SimulationOptions,
    Version,
    WorldEvent,
  } from './types.ts';

  /** Fetches, compiles and starts the engine. Must have resolved before anything else is called. */
  export default function init(options?: { module_or_path?: unknown }): Promise<unknown>;
  /** Rules and package version. */
  export function version(): Version;
  /** All errors and warnings of a scenario text; offsets count UTF-16 units. Empty: none. */
  export function check(text: string, file: string): Diagnostic[];

  /** A batch of arenas of one scenario, one for each name in `arms`, stepped together. */
  export class Simulation {
    /** Throws an Error with a sentence, and with `diagnostics` where the text is at fault. */
    constructor(text: string, file: string, options: SimulationOptions);
    describe(): Description;
    /** Steps all arenas `ticks` times, at most to their ends. */
    step(ticks: number): void;
    /** Goes to a tick: from the nearest keyframe before it, by at most 63 steps. */
    seek(tick: number): void;
    tick(arena: number): number;
    status(arena: number): ArenaStatus;
    /** u8[height, width, 8], the words of the map without padding. */
    frame(arena: number): Uint8Array;
    /** Events of the last call of `step`, in order, with captions. */
    events(arena: number): WorldEvent[];
    /** 16 hexadecimal digits. */
    hash_hex(arena: number): string;
    /** Hash of each column, by name. */
    column_hashes(arena: number): Record<string, string>;
    snapshot(arena: number): Uint8Array;
    restore(arena: number, bytes: Uint8Array): void;
    fork(from: number, to: number): void;
    diff(a: number, b: number): ArenaDiff;
    /** Actions of the controlled slots of a role, arena after arena, for the next tick. */
    set_actions(role: string, actions: Uint8Array): void;
    group(role: string): GroupView;
    free(): void;
    [Symbol.dispose](): void;
  }
}
