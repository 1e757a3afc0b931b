// Runs golden traces and native snapshots again. Plain JavaScript without imports: Node and the browser
// both load it.

const M64 = (1n << 64n) - 1n;

/** DESIGN's mixer `m`. */
function mix(x) {
  x = ((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n) & M64;
  x = ((x ^ (x >> 27n)) * 0x94d049bb133111ebn) & M64;
  return x ^ (x >> 31n);
}

/** Ticks between two folds of a trace. */
const FOLD = 50;

/**
 * Plays one run of a golden file (tests/tests/golden.rs says what is in it) and says where it parts
 * from what is stored: null for nowhere.
 */
export function firstDifference(Simulation, text, file, run) {
  const simulation = new Simulation(text, file.scenario, {
    seed: String(file.first_arena + run.arena),
    batch_seed: String(file.seed),
    arms: [file.arm],
    policies: run.policies,
    domain: file.domain,
    autoreset: file.autoreset === 'same_step',
  });
  const who = `${file.scenario}, ${file.arm}, ${run.play}, arena ${run.arena}`;
  try {
    if (simulation.describe().scenario_hash !== file.hash) return `${who}: hash of the scenario`;
    if (simulation.hash_hex(0) !== run.start) return `${who}: tick 0`;
    let fold = 0n;
    for (let tick = 1; tick <= file.ticks; tick++) {
      simulation.step(1);
      const hash = simulation.hash_hex(0);
      if (tick <= run.first.length && hash !== run.first[tick - 1]) return `${who}: tick ${tick}`;
      fold = mix(fold ^ BigInt(`0x${hash}`));
      if (tick % FOLD === 0) {
        const stored = run.folds[tick / FOLD - 1];
        if (fold.toString(16).padStart(16, '0') !== stored) {
          return `${who}: ticks ${tick - FOLD + 1} to ${tick}`;
        }
      }
    }
    const columns = simulation.column_hashes(0);
    for (const [name, hash] of Object.entries(run.columns)) {
      if (columns[name] !== hash) return `${who}: column ${name} at the end`;
    }
    return null;
  } finally {
    simulation.free();
  }
}

/**
 * Goes on from a native snapshot (tests/tests/page.rs says what is in the file) and says where it
 * parts from what followed natively: null for nowhere.
 */
export function snapshotDifference(Simulation, text, id, { seed, domain }, entry) {
  const { cell, policies, tick, snapshot, then } = entry;
  // Another seed: all that follows comes from the snapshot.
  const options = { seed: String(BigInt(seed) + 1n), domain, arms: [cell], policies };
  const simulation = new Simulation(text, id, options);
  const who = `${id}, ${cell}`;
  try {
    const bytes = Uint8Array.from(snapshot.match(/../g), (pair) => Number.parseInt(pair, 16));
    simulation.restore(0, bytes);
    if (simulation.tick(0) !== tick) return `${who}: the tick of the snapshot`;
    if (String(simulation.snapshot(0)) !== String(bytes)) return `${who}: its own snapshot`;
    const later = Object.entries(then).sort((a, b) => a[0] - b[0]);
    if (later.length === 0) return `${who}: nothing follows`;
    for (const [at, hash] of later) {
      simulation.step(at - simulation.tick(0));
      if (simulation.hash_hex(0) !== hash) return `${who}: tick ${at}`;
    }
    return null;
  } finally {
    simulation.free();
  }
}
