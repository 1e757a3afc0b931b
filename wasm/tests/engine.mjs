// The shipped engine under Node: the very package that the page loads, read from disk.
// Tests (`*.test.mjs` beside this file) import what they need from here.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

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

/** The shipped scenarios, as the folders say: `{id, group, text}`. */
export const SHIPPED = folders('scenarios').flatMap((group) =>
  folders(`scenarios/${group}`)
    .map((id) => ({ id, group, path: `scenarios/${group}/${id}/${id}.toml` }))
    .filter(({ path }) => existsSync(new URL(`../../${path}`, import.meta.url)))
    .map(({ id, group, path }) => ({ id, group, text: text(path) })),
);

/** The text of a shipped scenario. */
export function scenario(id) {
  const found = SHIPPED.find((shipped) => shipped.id === id);
  if (!found) throw new Error(`no scenario ${id} is shipped`);
  return found.text;
}

function folders(path) {
  return readdirSync(new URL(`../../${path}/`, import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
