// Plays a pair of arenas: loads, steps with the clock of the screen, compares hashes with the native
// run. Decides nothing about the game.

import { EngineClient, EngineError } from './client.ts';
import { type NativeHashes, nativeHashes } from './effect.ts';
import type { Frame, Loaded } from './protocol.ts';
import { type ScenarioEntry, source } from './scenarios.ts';
import type { Description, Diagnostic, SimulationOptions, WorldEvent } from './types.ts';

/** Ticks a second at speed 1. */
const RATE = 8;
/** Most ticks in one call: the screen is drawn between calls. */
const CALL_MAX = 64;
/** Captions kept for each arena. */
const LOG_MAX = 40;

/** Speeds on offer; Infinity: as fast as it goes. */
export const SPEEDS = [0.25, 0.5, 1, 2, 4, 16, Number.POSITIVE_INFINITY] as const;

/** Who sits in the seats under test of a file that declares no control agent. */
const RANDOM = 'random';

/** A file of the visitor's own that is not shown, and why. */
export interface Refused {
  entry: ScenarioEntry;
  error: EngineError;
}

/** Outcome of the last comparison of an arena with the native run. */
export interface Check {
  tick: number;
  equal: boolean;
}

export class Player {
  phase: 'empty' | 'loading' | 'ready' | 'error' = 'empty';
  entry: ScenarioEntry | undefined;
  description: Description | undefined;
  frame: Frame | undefined;
  error: EngineError | undefined;
  /** The last file of the visitor's own that the engine refused; the world before it plays on. */
  refused: Refused | undefined;
  /** Warnings of a file of the visitor's own. */
  warnings: Diagnostic[] = [];
  playing = false;
  speed: number = 1;
  seed = '0';
  /** Captions so far, by arena. */
  log: WorldEvent[][] = [];
  /** By arena: null before the first comparison. */
  checks: (Check | null)[] = [];
  /** Ticks that the native run of this seed and agent has hashes for; empty: there is none. */
  nativeTicks: number[] = [];

  private native: NativeHashes | null = null;
  private busy = false;
  private flight: Promise<void> = Promise.resolve();
  private due = 0;
  private last = 0;
  private timer = 0;
  private turn = 0;
  private hidden = false;
  /** Whether the engine holds the world that is on show. */
  private standing = false;

  constructor(
    private readonly changed: () => void,
    private readonly engine = new EngineClient(),
  ) {}

  get tick(): number {
    return Math.max(0, ...(this.frame?.arenas.map((arena) => arena.status.tick) ?? []));
  }

  /** True when every arena has come to its end. */
  get over(): boolean {
    return this.frame?.arenas.every((arena) => arena.status.ended !== null) ?? false;
  }

  /**
   * Loads a scenario; without seed and agent those of the native run, so that hashes compare. A file of
   * the visitor's own takes the place of what is on show only once it stands.
   */
  async open(entry: ScenarioEntry, seed?: string, policy?: string): Promise<void> {
    const resume = this.playing;
    this.pause();
    const turn = ++this.turn;
    this.phase = 'loading';
    if (!entry.local) this.entry = entry;
    this.error = undefined;
    this.refused = undefined;
    this.changed();
    try {
      const [text, native] = await Promise.all([
        source(entry),
        entry.hashes ? nativeHashes(entry.id) : null,
      ]);
      const wanted = seed ?? native?.seed ?? '0';
      const options = { seed: wanted, ...(native ? { domain: native.domain } : {}) };
      const loaded = await this.load(entry, text, options, policy);
      // Another scenario was chosen meanwhile.
      if (turn !== this.turn) {
        this.standing = false;
        return;
      }
      const { description, frame, warnings } = loaded;
      this.standing = true;
      this.entry = entry.local
        ? { ...entry, title: description.title, asks: description.asks }
        : entry;
      this.warnings = warnings;
      this.native = native;
      this.seed = wanted;
      this.description = description;
      this.nativeTicks = this.ticksOfNative(description);
      this.log = frame.arenas.map(() => []);
      this.checks = frame.arenas.map(() => null);
      this.phase = 'ready';
      this.show(frame);
    } catch (error) {
      if (turn === this.turn) this.refuse(entry, error, resume);
    }
  }

  /** A file of the visitor's own may have lost the agent that sat in the seat, or have none at all. */
  private async load(
    entry: ScenarioEntry,
    text: string,
    options: SimulationOptions,
    policy: string | undefined,
  ): Promise<Loaded> {
    const others = entry.local ? (policy ? [undefined, RANDOM] : [RANDOM]) : [];
    for (const agent of [policy, ...others]) {
      try {
        const seated = agent ? { ...options, policy: agent } : options;
        return await this.engine.load(text, entry.id, seated, entry.local !== undefined);
      } catch (error) {
        const { diagnostics, trapped } = error as EngineError;
        const last = agent === others.at(-1);
        if (last || others.length === 0 || trapped || diagnostics?.length) throw error;
      }
    }
    throw new EngineError(`${entry.id}: nobody can be put in the seat.`);
  }

  private refuse(entry: ScenarioEntry, error: unknown, resume: boolean): void {
    const known = engineError(error);
    if (entry.local && !known.trapped) this.refused = { entry, error: known };
    if (!this.refused || !this.standing) {
      this.fail(known);
      return;
    }
    this.phase = 'ready';
    if (resume) this.play();
    this.changed();
  }

  play(): void {
    if (this.phase !== 'ready' || this.playing || this.over) return;
    this.playing = true;
    this.last = performance.now();
    this.due = 1;
    this.timer = requestAnimationFrame((now) => this.go(now));
    this.changed();
  }

  pause(): void {
    if (!this.playing) return;
    this.playing = false;
    cancelAnimationFrame(this.timer);
    this.changed();
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  /** Stops the clock while nobody can see the arenas. */
  hide(hidden: boolean): void {
    this.hidden = hidden;
    this.last = performance.now();
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.due = 0;
    this.changed();
  }

  /** Pauses and goes some ticks on, or back. */
  async move(ticks: number): Promise<void> {
    this.pause();
    await this.flight;
    if (this.phase !== 'ready') return;
    const to = Math.max(0, this.tick + ticks);
    await this.call(() => (ticks > 0 ? this.engine.step(ticks) : this.engine.seek(to)));
  }

  async restart(): Promise<void> {
    this.pause();
    await this.flight;
    if (this.phase === 'ready') await this.call(() => this.engine.seek(0));
  }

  private go(now: number): void {
    if (!this.playing) return;
    this.timer = requestAnimationFrame((later) => this.go(later));
    // The first frame may carry a time before the click.
    const passed = Math.max(0, now - this.last);
    this.last = now;
    if (this.hidden || this.busy) return;
    this.due = Number.isFinite(this.speed)
      ? Math.min(CALL_MAX, this.due + (passed / 1000) * RATE * this.speed)
      : CALL_MAX;
    const ticks = Math.min(Math.floor(this.due), this.toNextCheck());
    if (ticks < 1) return;
    this.due -= ticks;
    void this.call(() => this.engine.step(ticks)).then(() => {
      if (this.over) this.pause();
    });
  }

  /** Steps up to the next tick that the native run has a hash for, so that none is passed unseen. */
  private toNextCheck(): number {
    const next = this.nativeTicks.find((tick) => tick > this.tick);
    return next === undefined ? CALL_MAX : next - this.tick;
  }

  /** One call at a time; who comes while one is under way waits for `flight`. */
  private call(work: () => Promise<Frame>): Promise<void> {
    this.busy = true;
    this.flight = this.carry(work);
    return this.flight;
  }

  private async carry(work: () => Promise<Frame>): Promise<void> {
    const turn = this.turn;
    try {
      const frame = await work();
      if (turn === this.turn) this.show(frame);
    } catch (error) {
      if (turn === this.turn) this.fail(error);
    } finally {
      this.busy = false;
    }
  }

  private show(frame: Frame): void {
    const before = this.frame;
    this.frame = frame;
    frame.arenas.forEach((arena, index) => {
      const { tick } = arena.status;
      const kept = (this.log[index] ?? []).filter((event) => event.tick <= tick);
      const fresh = arena.events.filter(
        (event) => event.caption && !kept.some((k) => k.tick >= event.tick),
      );
      this.log[index] = [...kept, ...fresh].slice(-LOG_MAX);
      this.compare(index, tick, arena.hash);
    });
    this.changed();
    if (before) this.engine.recycle(before);
  }

  private compare(arena: number, tick: number, hash: string): void {
    const expected = this.run(arena, this.description)?.hashes[String(tick)];
    if (expected !== undefined) this.checks[arena] = { tick, equal: expected === hash };
  }

  /** The native run that an arena repeats, if one is shipped. */
  private run(arena: number, description: Description | undefined) {
    if (!description || !this.native || this.native.seed !== this.seed) return undefined;
    const cell = description.shown[arena]?.cell;
    return this.native.runs.find((run) => run.cell === cell && run.policy === description.policy);
  }

  private ticksOfNative(description: Description): number[] {
    const ticks = description.shown.flatMap((_, arena) =>
      Object.keys(this.run(arena, description)?.hashes ?? {}).map(Number),
    );
    return [...new Set(ticks)].sort((a, b) => a - b);
  }

  private fail(error: unknown): void {
    this.pause();
    this.phase = 'error';
    this.error = engineError(error);
    if (this.error.trapped) this.standing = false;
    this.changed();
  }
}

function engineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  return new EngineError((error as Error).message ?? `${error}`);
}
