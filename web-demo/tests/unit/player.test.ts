import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineError } from '../../src/engine/client.ts';
import { Player } from '../../src/engine/player.ts';
import type { Frame, Loaded } from '../../src/engine/protocol.ts';
import type { ScenarioEntry } from '../../src/engine/scenarios.ts';
import type { Description } from '../../src/engine/types.ts';

const entry: ScenarioEntry = {
  id: 'yard',
  group: 'shutdown',
  title: '',
  asks: '',
  calibration: false,
  effect: false,
  hashes: true,
};

const native = {
  seed: '5',
  domain: 'pilot',
  rules_version: 1,
  scenario_hash: '',
  runs: [
    { cell: 'calm', policy: 'guard', hashes: { 0: hash(0, 0), 3: hash(3, 0) } },
    { cell: 'storm', policy: 'guard', hashes: { 0: hash(0, 1), 3: 'ffffffffffffffff' } },
  ],
};

function hash(tick: number, arena: number): string {
  return `${tick}${arena}`.padStart(16, '0');
}

/** Frames as a worker would send them, one caption at each even tick. */
class Fake {
  tick = 0;
  broken = false;
  options: unknown;
  /** What the engine says to a text; undefined: it stands. */
  refusal: (policy: string | undefined) => EngineError | undefined = () => undefined;

  frame(from: number): Frame {
    const arenas = [0, 1].map((arena) => {
      const events = [];
      for (let tick = from + 1; tick <= this.tick; tick++) {
        const caption = tick % 2 === 0 ? `at ${tick}` : null;
        events.push({ tick, name: 'x', caption, cell: null });
      }
      const status = {
        tick: this.tick,
        ended: this.tick >= 9 ? 'over' : null,
        items: {},
        reward: '0',
      };
      return { words: new Uint8Array(8), hash: hash(this.tick, arena), status, events };
    });
    return { arenas };
  }
  async load(_text: string, _file: string, options: { policy?: string }): Promise<Loaded> {
    const refused = this.refusal(options.policy);
    if (refused) throw refused;
    this.options = options;
    this.tick = 0;
    const description = {
      shown: [{ cell: 'calm' }, { cell: 'storm' }],
      policy: options.policy ?? 'guard',
    };
    const frame = this.frame(0);
    return { description: description as unknown as Description, frame, warnings: [] };
  }
  async step(ticks: number): Promise<Frame> {
    if (this.broken) throw new EngineError('It broke.', [], true);
    const from = this.tick;
    this.tick = Math.min(9, this.tick + ticks);
    return this.frame(from);
  }
  async seek(tick: number): Promise<Frame> {
    this.tick = tick;
    return this.frame(tick);
  }
  recycle(): void {}
  stop(): void {}
}

let fake: Fake;
let player: Player;

beforeEach(() => {
  fake = new Fake();
  player = new Player(() => undefined, fake as never);
  vi.stubGlobal('fetch', async (path: string) =>
    path.endsWith('.json') ? Response.json(native) : new Response('text'),
  );
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('Player', () => {
  it('opens with the seed and the domain of the native run', async () => {
    await player.open(entry);
    expect(fake.options).toEqual({ seed: '5', domain: 'pilot' });
    expect(player.seed).toBe('5');
    expect(player.checks).toEqual([
      { tick: 0, equal: true },
      { tick: 0, equal: true },
    ]);
  });

  it('compares each arena with the native run of its arm, tick by tick', async () => {
    await player.open(entry);
    await player.move(1);
    expect(player.checks[1]).toEqual({ tick: 0, equal: true });
    await player.move(2);
    expect(player.checks).toEqual([
      { tick: 3, equal: true },
      { tick: 3, equal: false },
    ]);
  });

  it('compares nothing for another seed or another agent', async () => {
    await player.open(entry, '6');
    expect([player.checks, player.nativeTicks]).toEqual([[null, null], []]);
    await player.open(entry, '5', 'other');
    expect([player.checks, player.nativeTicks]).toEqual([[null, null], []]);
  });

  it('keeps captions in order, and forgets those after the tick that one goes back to', async () => {
    await player.open(entry);
    await player.move(5);
    const ticks = (): number[] => player.log[0]?.map((event) => event.tick) ?? [];
    expect(ticks()).toEqual([2, 4]);
    await player.move(-2);
    expect([player.tick, ticks()]).toEqual([3, [2]]);
    await player.move(1);
    expect(ticks()).toEqual([2, 4]);
    await player.restart();
    expect([player.tick, ticks()]).toEqual([0, []]);
  });

  it('waits for a call under way instead of dropping the next one', async () => {
    await player.open(entry);
    await Promise.all([player.move(1), player.move(1), player.move(1)]);
    expect(player.tick).toBe(3);
  });

  it('says what broke and plays no further', async () => {
    await player.open(entry);
    fake.broken = true;
    await player.move(1);
    expect([player.phase, player.error?.message, player.error?.trapped]).toEqual([
      'error',
      'It broke.',
      true,
    ]);
  });
});

describe('a file of the visitor’s own', () => {
  const mine: ScenarioEntry = {
    ...entry,
    id: 'orchard',
    hashes: false,
    local: { file: 'orchard.toml', text: 'x = 1' },
  };
  const fault = {
    code: 'E001',
    severity: 'error' as const,
    message: 'wrong',
    help: null,
    from: 0,
    to: 1,
    line: 1,
    column: 1,
  };

  it('takes the place of what is on show, with its own title', async () => {
    await player.open(entry);
    await player.open(mine, '3');
    expect(player.entry?.local).toBe(mine.local);
    expect([player.phase, player.seed, player.nativeTicks]).toEqual(['ready', '3', []]);
  });

  it('that is broken leaves the world before it, which goes on', async () => {
    await player.open(entry);
    await player.move(2);
    fake.refusal = () => new EngineError('no scenario', [fault]);
    await player.open(mine);
    expect([player.phase, player.entry?.id, player.tick]).toEqual(['ready', 'yard', 2]);
    expect(player.refused?.error.diagnostics).toEqual([fault]);
    fake.refusal = () => undefined;
    await player.move(1);
    expect(player.tick).toBe(3);
    await player.open(mine);
    expect(player.refused).toBeUndefined();
  });

  it('that is broken is an error where no world stands', async () => {
    fake.refusal = () => new EngineError('no scenario', [fault]);
    await player.open(mine);
    expect([player.phase, player.refused?.entry.id]).toEqual(['error', 'orchard']);
  });

  it('that broke the engine leaves no world', async () => {
    await player.open(entry);
    fake.refusal = () => new EngineError('It broke.', [], true);
    await player.open(mine);
    expect([player.phase, player.refused]).toEqual(['error', undefined]);
  });

  it('without the agent of before takes its first, and without any one at random', async () => {
    const seat = (known: (string | undefined)[]) => (policy: string | undefined) =>
      known.includes(policy) ? undefined : new EngineError(`no control agent ${policy}`);
    fake.refusal = seat([undefined]);
    await player.open(mine, '0', 'gone');
    expect(fake.options).toEqual({ seed: '0' });
    fake.refusal = seat(['random']);
    await player.open(mine, '0', 'gone');
    expect(fake.options).toEqual({ seed: '0', policy: 'random' });
    // A shipped one says what is wrong with the address instead.
    await player.open(entry, '5', 'gone');
    expect(player.error?.message).toBe('no control agent gone');
  });

  it('dropped while another is loaded is the one that stays', async () => {
    const first = player.open({ ...mine, id: 'first', local: { file: 'first.toml', text: '' } });
    await Promise.all([first, player.open(mine)]);
    expect(player.entry?.id).toBe('orchard');
  });
});
