// The shipped engine under Node: the very package that the page loads, read from disk.
// Tests (`*.test.mjs` beside this file) import what they need from here.
import { existsSync, readFileSync } from 'node:fs';

const folder = new URL('../../web-demo/pkg/', import.meta.url);
const bytes = new URL('commonweal_bg.wasm', folder);
if (!existsSync(bytes)) {
  throw new Error('web-demo/pkg is missing: `cargo xtask wasm` builds it and runs these tests');
}

/** Everything that the package exports, ready for use. */
export const engine = await import(new URL('commonweal.js', folder).href);
engine.initSync({ module: readFileSync(bytes) });

/** The text of a file of this checkout, its path counted from the root. */
export function text(path) {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}
