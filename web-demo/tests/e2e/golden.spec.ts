import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, shipped, test } from './page.ts';

const ROOT = join(import.meta.dirname, '../../..');
const GOLDEN = join(ROOT, 'tests/golden');

/** Files of this checkout that the test lays beside the page: the package and what compares. */
const BESIDE: Record<string, [string, string]> = {
  'commonweal.js': ['web-demo/pkg/commonweal.js', 'text/javascript'],
  'commonweal_bg.wasm': ['web-demo/pkg/commonweal_bg.wasm', 'application/wasm'],
  'golden.mjs': ['wasm/tests/golden.mjs', 'text/javascript'],
};

test('the engine that the page loads is the package of these tests', () => {
  const assets = join(ROOT, 'web-demo/dist/assets');
  const shippedFile = readdirSync(assets).find((name) => name.endsWith('.wasm')) ?? '';
  const built = readFileSync(join(ROOT, 'web-demo/pkg/commonweal_bg.wasm'));
  expect(readFileSync(join(assets, shippedFile)).equals(built)).toBe(true);
});

test('the states of every golden trace are those of the native engine', async ({ page }) => {
  test.setTimeout(300_000);
  await page.route('**/beside/*', async (route) => {
    const found = BESIDE[new URL(route.request().url()).pathname.split('/').at(-1) ?? ''];
    if (!found) return route.abort();
    const [path, contentType] = found;
    await route.fulfill({ body: readFileSync(join(ROOT, path)), contentType });
  });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto('./');
  const entries = (await shipped(page)) as unknown as { id: string; group: string }[];
  const files = readdirSync(GOLDEN).filter((name) => name.endsWith('.json'));
  expect(files.length).toBeGreaterThan(1);
  for (const name of files) {
    const file = JSON.parse(readFileSync(join(GOLDEN, name), 'utf8'));
    const entry = entries.find(({ id }) => id === file.scenario);
    expect(entry, `${file.scenario} is shipped`).toBeTruthy();
    const differences = await page.evaluate(
      async ({ file, path }) => {
        const beside = (name: string) =>
          import(/* @vite-ignore */ `${location.origin}/beside/${name}`);
        const engine = await beside('commonweal.js');
        await engine.default();
        const { firstDifference } = await beside('golden.mjs');
        const text = await (await fetch(path)).text();
        return file.runs.map((run: unknown) =>
          firstDifference(engine.Simulation, text, file, run),
        ) as (string | null)[];
      },
      { file, path: `./scenarios/${entry?.group}/${entry?.id}/${entry?.id}.toml` },
    );
    expect(differences).toEqual(file.runs.map(() => null));
  }
});
