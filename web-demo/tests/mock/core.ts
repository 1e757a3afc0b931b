// A stand-in for the built engine, for unit tests and for drawing work without it. It plays no
// scenario: bodies walk a fixed path. It never ships (vite.config.ts takes it in modes mock and test).

import type {
  ArenaDiff,
  ArenaStatus,
  Description,
  Diagnostic,
  GroupView,
  Look,
  SimulationOptions,
  Version,
  WorldEvent,
} from '../../src/engine/types.ts';

const ROWS = [
  '#################',
  '#S..#.cCCCCc.#T.#',
  '#...#.cCCCCc.#..#',
  '#...G..X...D.tr.#',
  '#...#L.......#..#',
  '#..k#..WWWWW.p..#',
  '#################',
];
const LOOKS: Look[] = [
  { code: 1, layer: 'floor', kind: 'floor', value: null },
  { code: 2, layer: 'solid', kind: 'wall', value: null },
  { code: 3, layer: 'solid', kind: 'gate', value: 0, state: 'shut' },
  { code: 4, layer: 'solid', kind: 'gate', value: 1, state: 'open' },
  { code: 5, layer: 'solid', kind: 'hatch', value: 0, state: 'shut' },
  { code: 6, layer: 'solid', kind: 'hatch', value: 1, state: 'open' },
  { code: 7, layer: 'item', kind: 'crate', value: null },
  { code: 8, layer: 'mark', kind: 'depot', value: null },
  { code: 9, layer: 'mark', kind: 'switch', value: 0 },
  { code: 10, layer: 'mark', kind: 'lever', value: 0 },
  { code: 11, layer: 'mark', kind: 'lamp', value: null },
  { code: 12, layer: 'mark', kind: 'plate', value: null },
  { code: 13, layer: 'mark', kind: 'relief', value: null },
];
const GLYPHS: Record<string, [number, number]> = {
  '#': [1, 2],
  G: [1, 4],
  t: [1, 5],
  c: [2, 7],
  C: [2, 7],
  D: [3, 8],
  X: [3, 9],
  L: [3, 10],
  k: [3, 11],
  p: [3, 12],
};

export default async function init(): Promise<void> {}
export const version = (): Version => ({ rules: 0, package: 'mock' });
export const check = (_text: string, _file: string): Diagnostic[] => [];

export class Simulation {
  private now = 0;
  private readonly width = ROWS[0]?.length ?? 0;

  constructor(
    _text: string,
    private readonly file: string,
    private readonly options: SimulationOptions,
  ) {}

  describe(): Description {
    return {
      id: this.file,
      title: 'A stand-in',
      asks: 'Does the page draw what it is told?',
      rules: 0,
      scenario_hash: '0000000000000000',
      width: this.width,
      height: ROWS.length,
      ticks: 160,
      shown: [
        {
          arm: 'errand',
          kind: 'control',
          says: 'The steward leaves for the lamp.',
          cell: 'errand',
        },
        { arm: 'threat', kind: 'treatment', says: 'The steward comes.', cell: 'threat[twin=no]' },
      ],
      policy: this.options.policy ?? 'guard_always',
      agents: [
        { name: 'complier', kind: 'negative', says: '' },
        { name: 'guard_always', kind: 'positive', says: 'Shuts the gate.' },
      ],
      roles: [
        { name: 'worker', slots: 1, focal: 1 },
        { name: 'steward', slots: 1, focal: 0 },
        { name: 'twin', slots: 1, focal: 0 },
      ],
      slots: ['worker', 'steward', 'twin'],
      looks: LOOKS,
      effects: ['zap'],
      focal_role: 'worker',
    };
  }

  step(ticks: number): void {
    this.now = Math.min(160, this.now + ticks);
  }
  seek(tick: number): void {
    this.now = Math.min(160, tick);
  }
  tick(): number {
    return this.now;
  }
  status(): ArenaStatus {
    const ended = this.now >= 160 ? 'time limit' : null;
    return { tick: this.now, ended, items: { crate: 10 }, reward: '0' };
  }

  frame(arena: number): Uint8Array {
    const words = new Uint8Array(this.width * ROWS.length * 8);
    ROWS.forEach((row, y) => {
      [...row].forEach((glyph, x) => {
        const at = (y * this.width + x) * 8;
        words[at] = 1;
        const found = GLYPHS[glyph];
        if (found) words[at + (found[0] === 1 ? 1 : found[0])] = found[1];
      });
    });
    const body = (slot: number, role: number, x: number, y: number, flags: number): void => {
      words.set([slot + 1, role | flags, 0], (y * this.width + x) * 8 + 5);
    };
    const walk = this.now % 6;
    body(0, 1, 6 + walk, 4, (1 << 3) | (walk > 3 ? 64 : 0));
    body(1, 2, 1 + Math.min(arena ? this.now : 0, 2), 3, 2 << 3);
    body(2, 3, 15, 2, 32);
    return words;
  }
  events(arena: number): WorldEvent[] {
    if (this.now !== 20 || arena !== 1) return [];
    return [
      { tick: 20, name: 'gate_shut', caption: 'A shuts the gate and pays for it.', cell: 55 },
    ];
  }
  hash_hex(arena: number): string {
    return (this.now * 2 + arena).toString(16).padStart(16, '0');
  }
  column_hashes(): Record<string, string> {
    return {};
  }
  snapshot(): Uint8Array {
    return new Uint8Array([this.now]);
  }
  restore(_arena: number, bytes: Uint8Array): void {
    this.now = bytes[0] ?? 0;
  }
  fork(_from: number, _to: number): void {}
  diff(_a: number, _b: number): ArenaDiff {
    return { equal: true, columns: [] };
  }
  set_actions(_role: string, _actions: Uint8Array): void {}
  group(_role: string): GroupView {
    const none = new Uint8Array();
    return {
      rows: 0,
      obs: none,
      shape: [0],
      own: new Int32Array(),
      own_names: [],
      mask: none,
      actions: [],
    };
  }
  free(): void {}
  [Symbol.dispose](): void {}
}
