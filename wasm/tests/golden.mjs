// Runs a golden trace again. Plain JavaScript without imports: Node and the browser both load it.

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
