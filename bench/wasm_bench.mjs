// Agent-steps a second in WebAssembly under Node, beside the native engine and the hand-written loop in the same rounds.
//
//   cargo build --profile wasm --target wasm32-unknown-unknown -p commonweal-bench --lib
//   cargo run --release -p commonweal-bench -- --quick        (once: builds the two programs beside us)
//   node bench/wasm_bench.mjs [--quick]
//
// The same loop as natively, compiled for the page's processor features. Rates are by processor time; ratios are medians
// of the rounds' ratios. A full run writes results/wasm.json and the table in README.md.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const module = at('../target/wasm32-unknown-unknown/wasm/commonweal_bench.wasm');
const hand = at('../target/bench-peers/handloop');
const native = at('../target/release/commonweal-bench');
for (const needed of [module, hand, native]) {
  if (!existsSync(needed)) {
    console.error(`${needed} is missing: the head of this file says how it is built`);
    process.exit(2);
  }
}
const VARIANTS = { same: 0, codes: 1, none: 2, all: 7 };
const quick = process.argv.includes('--quick');
const [rounds, seconds] = quick ? [1, 0.1] : [5, 0.4];
const sizes = quick ? [1, 64] : [1, 64, 1024, 4096];
const compiled = new WebAssembly.Module(readFileSync(module));

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1e-6;
};

function rate(variant, arenas) {
  const { exports } = new WebAssembly.Instance(compiled, {});
  const rows = exports.bench_build(VARIANTS[variant], arenas);
  if (!rows) throw new Error(`${variant} with ${arenas} arenas could not be built`);
  const run = (n) => {
    const start = cpu();
    if (!exports.bench_step(n)) throw new Error('a step failed');
    return cpu() - start;
  };
  let n = 1;
  let took = run(n);
  while (took < 0.1 * seconds) {
    n *= 2;
    took = run(n);
  }
  n = Math.floor((n * seconds) / took) + 1;
  return (n * rows) / run(n);
}

const call = (program, options) =>
  execFileSync(program, options.map(String), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const ofNative = (variant, arenas) =>
  Number(call(native, ['--spin', variant, '--arenas', arenas, '--seconds', seconds]).split(' ')[1]) * 1e6;
const ofHand = (variant, arenas) => {
  const options = ['--envs', arenas, '--reps', 1, '--seconds', seconds, '--obs', variant === 'none' ? 0 : 1];
  return JSON.parse(call(hand, options)).agent_steps_per_s;
};
const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const found = [];
for (const arenas of sizes) {
  for (const variant of Object.keys(VARIANTS)) {
    const took = Array.from({ length: rounds }, () => [
      rate(variant, arenas),
      ofNative(variant, arenas),
      ofHand(variant, arenas),
    ]);
    const row = {
      variant,
      arenas,
      agent_steps_per_s: Math.round(median(took.map(([w]) => w))),
      ratio_to_native: Number(median(took.map(([w, n]) => w / n)).toFixed(3)),
      ratio_to_hand_loop: Number(median(took.map(([w, , h]) => w / h)).toFixed(3)),
    };
    found.push(row);
    console.log(JSON.stringify(row));
  }
}
if (!quick) {
  writeFileSync(at('results/wasm.json'), `${JSON.stringify(found, null, 1)}\n`);
  const lines = ['| in WebAssembly | M agent-steps/s | to native | to the hand loop |', '|---|---|---|---|'];
  for (const r of found) {
    const million = (r.agent_steps_per_s / 1e6).toFixed(1);
    const ratios = `${r.ratio_to_native.toFixed(2)} | ${r.ratio_to_hand_loop.toFixed(2)}`;
    lines.push(`| \`${r.variant}\`, ${r.arenas} arenas | ${million} | ${ratios} |`);
  }
  const page = readFileSync(at('README.md'), 'utf8');
  const table = `$1${lines.join('\n')}\n$2`;
  writeFileSync(at('README.md'), page.replace(/(<!-- wasm: [^>]*-->\n)[\s\S]*?(<!-- \/wasm -->)/, table));
}
