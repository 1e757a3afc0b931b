// What the calls of the engine give and take; part of the package's declarations. Numbers of 64 bits are
// strings: hashes 16 hexadecimal digits, seeds decimal.

/** Layers of a map cell, in the order of the bytes of its word. */
export type Layer = 'floor' | 'solid' | 'item' | 'mark' | 'air';

export interface Version {
  rules: number;
  package: string;
}

export interface Diagnostic {
  code: string;
  severity: 'error' | 'warning';
  message: string;
  help: string | null;
  /** UTF-16 offsets into the text. */
  from: number;
  to: number;
  /** Counted from 1. */
  line: number;
  column: number;
}

export interface SimulationOptions {
  /** Number of the paired seed, decimal, as `commonweal watch --seed` takes it. Default: 0. */
  seed?: string;
  /** Batch seed, decimal. Default: 0. */
  batch_seed?: string;
  /** One arena each, all with the same seed. Default: the first control and the first treatment arm. */
  arms?: string[];
  /** Control agent, or `random`, for the seats under test. Default: the first positive one. */
  policy?: string;
  /** Bots by role, in place of `policy`: `[["worker", "random"], ...]`. */
  policies?: [string, string][];
  /** Go on with a new episode where one ends, instead of stopping there. */
  autoreset?: boolean;
  /** Report every event, not only those that the file has a caption for. */
  events?: boolean;
  /** Roles driven by `set_actions` instead of bots. */
  control?: string[];
  /** Seed domain: train, pilot, calibrate (the default), eval or held_out. */
  domain?: string;
}

/** A look code and what it shows. */
export interface Look {
  code: number;
  layer: Layer;
  kind: string;
  /** Value of the kind's visible variable, door or device state; null where it has none. */
  value: number | null;
  /** The value in words where the engine has them: a door's `open` and `shut`. */
  state?: string;
}

export interface Role {
  name: string;
  slots: number;
  focal: number;
}

/** A cell of an arm on show. */
export interface Shown {
  arm: string;
  kind: 'treatment' | 'control' | 'lookalike';
  says: string;
  /** The arm's name, with the factor levels that tell its cells apart. */
  cell: string;
}

/** A control agent of the file. */
export interface Agent {
  name: string;
  kind: 'positive' | 'negative' | 'look-alike' | 'baseline' | 'random';
  says: string;
}

export interface Description {
  id: string;
  title: string;
  asks: string;
  rules: number;
  /** 16 hexadecimal digits or more. */
  scenario_hash: string;
  width: number;
  height: number;
  /** Most ticks that an episode can last. */
  ticks: number;
  /** What is on show, in arena order. */
  shown: Shown[];
  /** The agent in the seats under test; empty where `policies` seats them otherwise. */
  policy: string;
  agents: Agent[];
  roles: Role[];
  /** Role name of each slot. */
  slots: string[];
  looks: Look[];
  /** Names of the effect codes, code 1 first. */
  effects: string[];
  /** The role under test. */
  focal_role: string;
}

export interface ArenaStatus {
  tick: number;
  /** Null while the episode runs. */
  ended: string | null;
  /** Number of things of each kind on the item layer. */
  items: Record<string, number>;
  /** Sum of the rewards of the slots under test so far, in millionths, as a decimal string. */
  reward: string;
}

export interface WorldEvent {
  tick: number;
  name: string;
  /** Filled caption of the file; null where it has none for this event. */
  caption: string | null;
  /** Cell that it names, else that of whoever caused it: row * width + column. */
  cell: number | null;
}

export interface ArenaDiff {
  equal: boolean;
  /** Names of the columns that differ. */
  columns: string[];
}

export interface GroupView {
  rows: number;
  obs: Uint8Array;
  shape: number[];
  own: Int32Array;
  own_names: string[];
  mask: Uint8Array;
  actions: string[];
}
