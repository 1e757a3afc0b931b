import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './page.ts';

const ROOT = join(import.meta.dirname, '../../..');

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

/** Lays the package beside the page and opens it; gives the text of each scenario. */
async function ready(page: Page): Promise<Map<string, string>> {
  await page.route('**/beside/*', async (route) => {
    const found = BESIDE[new URL(route.request().url()).pathname.split('/').at(-1) ?? ''];
    if (!found) return route.abort();
    const [path, contentType] = found;
    await route.fulfill({ body: readFileSync(join(ROOT, path)), contentType });
  });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto('./');
  // From the checkout: the page does not offer the variants that benches time.
  const folders = (path: string): string[] =>
    readdirSync(join(ROOT, path), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  return new Map(
    folders('scenarios').flatMap((group) =>
      folders(`scenarios/${group}`)
        .map((id) => [id, join(ROOT, 'scenarios', group, id, `${id}.toml`)] as const)
        .filter(([, path]) => existsSync(path))
        .map(([id, path]) => [id, readFileSync(path, 'utf8')] as const),
    ),
  );
}

/** The files of a folder of this checkout, parsed. */
function documents(folder: string): { name: string; file: Record<string, unknown> }[] {
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.json'));
  expect(names.length).toBeGreaterThan(1);
  return names.map((name) => ({
    name,
    file: JSON.parse(readFileSync(join(ROOT, folder, name), 'utf8')),
  }));
}

test('the states of every golden trace are those of the native engine', async ({ page }) => {
  test.setTimeout(300_000);
  const texts = await ready(page);
  for (const { name, file } of documents('tests/golden')) {
    const text = texts.get(String(file.scenario)) ?? '';
    const differences = await page.evaluate(
      async ({ file, text }) => {
        const beside = (name: string) => import(`${location.origin}/beside/${name}`);
        const engine = await beside('commonweal.js');
        await engine.default();
        const { firstDifference } = await beside('golden.mjs');
        return (file.runs as unknown[]).map((run): string | null =>
          firstDifference(engine.Simulation, text, file, run),
        );
      },
      { file, text },
    );
    expect(differences.length, name).toBeGreaterThan(2);
    expect(differences.filter((difference) => difference !== null)).toEqual([]);
  }
});

test('a snapshot taken natively goes on equal in the page', async ({ page }) => {
  const texts = await ready(page);
  for (const { name, file } of documents('wasm/tests/snapshots')) {
    const id = name.slice(0, -'.json'.length);
    const differences = await page.evaluate(
      async ({ id, file, text }) => {
        const beside = (name: string) => import(`${location.origin}/beside/${name}`);
        const engine = await beside('commonweal.js');
        await engine.default();
        const { snapshotDifference } = await beside('golden.mjs');
        return (file.snapshots as unknown[]).map((entry): string | null =>
          snapshotDifference(engine.Simulation, text, id, file, entry),
        );
      },
      { id, file, text: texts.get(id) ?? '' },
    );
    expect(differences).toEqual([null, null]);
  }
});
