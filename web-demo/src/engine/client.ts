// The page's side of the worker. A call answers with what the engine said, or throws EngineError.

import type { Answer, Frame, Loaded, Request } from './protocol.ts';
import type { Diagnostic, SimulationOptions } from './types.ts';

/** A refusal of the engine, in its own sentence. */
export class EngineError extends Error {
  constructor(
    message: string,
    readonly diagnostics: Diagnostic[] = [],
    /** True when the engine broke, and not the input. */
    readonly trapped = false,
  ) {
    super(message);
    this.name = 'EngineError';
  }
}

/** `Request` without its number, which the client gives. */
type Call = Request extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never;

interface Waiting {
  resolve(value: Loaded | Frame): void;
  reject(error: EngineError): void;
}

/** Frames in flight and on show; more buffers than this are dropped. */
const POOL = 6;

/** Talks to one worker, and starts a new one when the old one broke. */
export class EngineClient {
  private worker: Worker | undefined;
  private waiting = new Map<number, Waiting>();
  private spare: ArrayBuffer[] = [];
  private next = 0;

  constructor(
    private readonly start: () => Worker = () =>
      new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }),
  ) {}

  /** Builds a world; the world before it is dropped once this one stands. `warn`: with warnings of the text. */
  async load(
    text: string,
    file: string,
    options: SimulationOptions,
    warn = false,
  ): Promise<Loaded> {
    return (await this.ask({ call: 'load', text, file, options, warn }, [])) as Loaded;
  }

  async step(ticks: number): Promise<Frame> {
    const spare = this.spare.splice(0);
    return (await this.ask({ call: 'step', ticks, spare }, spare)) as Frame;
  }

  async seek(tick: number): Promise<Frame> {
    const spare = this.spare.splice(0);
    return (await this.ask({ call: 'seek', tick, spare }, spare)) as Frame;
  }

  /** Hands the buffers of a frame back that nothing on show uses any more. */
  recycle(frame: Frame): void {
    for (const { words } of frame.arenas) {
      if (this.spare.length < POOL) this.spare.push(words.buffer as ArrayBuffer);
    }
  }

  /** Ends the worker; calls that wait are refused. */
  stop(): void {
    this.drop(new EngineError('The simulator was stopped.'));
  }

  private ask(call: Call, transfer: Transferable[]): Promise<Loaded | Frame> {
    const worker = this.worker ?? this.listen();
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ...call }, transfer);
    });
  }

  private listen(): Worker {
    const worker = this.start();
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const waiting = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.ok) {
        waiting?.resolve(data.value);
        return;
      }
      const error = new EngineError(data.message, data.diagnostics, data.trapped);
      waiting?.reject(error);
      if (data.trapped) this.drop(error);
    };
    worker.onerror = (event) => {
      this.drop(new EngineError(event.message || 'The simulator could not be started.', [], true));
    };
    this.worker = worker;
    return worker;
  }

  private drop(error: EngineError): void {
    this.worker?.terminate();
    this.worker = undefined;
    this.spare = [];
    for (const waiting of this.waiting.values()) waiting.reject(error);
    this.waiting.clear();
  }
}
