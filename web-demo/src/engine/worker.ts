// Owns the engine and the world on show. Answers in the order of the requests.

import init, { check, Simulation } from '#core';
import type { Answer, Frame, Loaded, Request } from './protocol.ts';
import type { Description, Diagnostic } from './types.ts';

/** The part of a worker's global scope that is used here. */
interface Scope {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: Answer, transfer: Transferable[]): void;
}

const scope = globalThis as unknown as Scope;
let ready: Promise<unknown> | undefined;
let world: { simulation: Simulation; description: Description } | undefined;

scope.onmessage = async ({ data }) => {
  try {
    ready ??= init();
    await ready;
    const value = answer(data);
    const frame = 'frame' in value ? value.frame : value;
    scope.postMessage(
      { id: data.id, ok: true, value },
      frame.arenas.map((arena) => arena.words.buffer as ArrayBuffer),
    );
  } catch (error) {
    scope.postMessage(refusal(data.id, error), []);
  }
};

function answer(request: Request): Loaded | Frame {
  if (request.call === 'load') {
    const simulation = new Simulation(request.text, request.file, request.options);
    // The old world goes only when the new one stands.
    world?.simulation.free();
    const description = simulation.describe();
    world = { simulation, description };
    return {
      description,
      frame: look(simulation, description.shown.length, []),
      warnings: request.warn ? check(request.text, request.file) : [],
    };
  }
  if (!world) throw new Error('No scenario is loaded.');
  if (request.call === 'step') world.simulation.step(request.ticks);
  else world.simulation.seek(request.tick);
  return look(world.simulation, world.description.shown.length, request.spare);
}

/** Copies the words out: a view into the engine's memory dies when that memory grows. */
function look(simulation: Simulation, arenas: number, spare: ArrayBuffer[]): Frame {
  const frame: Frame = { arenas: [] };
  for (let arena = 0; arena < arenas; arena++) {
    const view = simulation.frame(arena);
    const buffer = spare.pop();
    const words =
      buffer?.byteLength === view.byteLength ? new Uint8Array(buffer) : new Uint8Array(view.length);
    words.set(view);
    frame.arenas.push({
      words,
      hash: simulation.hash_hex(arena),
      status: simulation.status(arena),
      events: simulation.events(arena),
    });
  }
  return frame;
}

function refusal(id: number, error: unknown): Answer {
  const diagnostics = (error as { diagnostics?: Diagnostic[] }).diagnostics ?? [];
  // After a trap the instance is poisoned: the page replaces this worker.
  const trapped = error instanceof WebAssembly.RuntimeError;
  const said = error instanceof Error ? error.message : String(error);
  // The engine leaves the place and the reason of its end here (wasm/src/lib.rs).
  const { commonwealPanic } = globalThis as { commonwealPanic?: string };
  const message = trapped && commonwealPanic ? commonwealPanic : said;
  return { id, ok: false, message, diagnostics, trapped };
}
