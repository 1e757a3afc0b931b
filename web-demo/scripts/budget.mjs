// Weighs what a first visit loads, brotli-compressed, and fails when it is over the limit (WEB §7; docs/decisions/0041-size-of-the-engine.md).

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const KB = 1000;

/** Limits in bytes; `first` covers all of them. */
const LIMITS = { wasm: 760 * KB, js: 60 * KB, font: 45 * KB, rest: 35 * KB, first: 840 * KB };

/** What a first visit does not load: the other half of the font's letters, and scenarios not chosen. */
const LATER = /latin-ext|^scenarios\/.*(?<!index)\.(toml|json)$|^recorded\//;

function kind(path) {
  if (path.endsWith('.wasm')) return 'wasm';
  if (path.endsWith('.js')) return 'js';
  if (path.endsWith('.woff2')) return 'font';
  return 'rest';
}

function files(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

const sums = { wasm: 0, js: 0, font: 0, rest: 0, first: 0 };
for (const path of files(dist)) {
  const name = relative(dist, path).replaceAll('\\', '/');
  if (LATER.test(name)) continue;
  const raw = readFileSync(path);
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 11 };
  // Fonts are packed already.
  const size = name.endsWith('.woff2')
    ? raw.length
    : brotliCompressSync(raw, { params: quality }).length;
  sums[kind(name)] += size;
  sums.first += size;
}

let over = false;
for (const [name, limit] of Object.entries(LIMITS)) {
  const fits = sums[name] <= limit;
  over ||= !fits;
  const sizes = `${(sums[name] / KB).toFixed(1)} of ${limit / KB} KB`;
  process.stdout.write(`${fits ? 'ok  ' : 'OVER'} ${name.padEnd(5)} ${sizes}\n`);
}
process.exitCode = over ? 1 : 0;
