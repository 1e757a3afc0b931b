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

/** Ticks of a golden trace that are played here; Node plays them all, on the same engine (wasm/tests). */
const TICKS = 50;

test('the states of every golden trace are those of the native engine', async ({ page }) => {
  test.setTimeout(300_000);
  const texts = await ready(page);
  for (const [nth, { name, file }] of documents('tests/golden').entries()) {
    const text = texts.get(String(file.scenario)) ?? '';
    const all = file.runs as { play: string; arena: number }[];
    const plays = all.filter(({ arena }) => arena === 0);
    // Building a world takes longer than playing it: of each file the first play and, in turn, another.
    const runs = [plays[0], plays[1 + (nth % Math.max(1, plays.length - 1))]].filter(Boolean);
    expect(runs.length, name).toBeGreaterThan(0);
    // One of them whole, up to its columns at the end.
    const part = nth === 0 ? file : { ...file, ticks: Math.min(TICKS, Number(file.ticks)) };
    const differences = await page.evaluate(
      async ({ file, text, runs, whole }) => {
        const beside = (name: string) => import(`${location.origin}/beside/${name}`);
        const engine = await beside('commonweal.js');
        await engine.default();
        const { firstDifference } = await beside('golden.mjs');
        return runs.map((run): string | null =>
          firstDifference(engine.Simulation, text, file, whole ? run : { ...run, columns: {} }),
        );
      },
      { file: part, text, runs, whole: part.ticks === file.ticks },
    );
    expect(differences, name).toEqual(runs.map(() => null));
  }
});

/** Hashes of a native run later than this tick are not compared here. */
const LAST = 64;

test('every control agent of every scenario plays in its seat as natively', async ({ page }) => {
  test.setTimeout(300_000);
  const texts = await ready(page);
  const recorded = documents('web-demo/public/recorded').filter(({ name }) =>
    name.endsWith('.hashes.json'),
  );
  for (const { name, file } of recorded) {
    const id = name.slice(0, -'.hashes.json'.length);
    const played = await page.evaluate(
      async ({ id, text, file, last }) => {
        const engine = await import(`${location.origin}/beside/commonweal.js`);
        await engine.default();
        const runs = file.runs as {
          cell: string;
          policy: string;
          hashes: Record<string, string>;
        }[];
        const found: { agents: string[]; compared: number; later: number; differences: string[] } =
          {
            agents: [],
            compared: 0,
            later: 0,
            differences: [],
          };
        for (const policy of new Set(runs.map((run) => run.policy))) {
          const { seed, domain } = file;
          const world = new engine.Simulation(text, id, { policy, seed, domain });
          const { agents, shown } = world.describe();
          found.agents = agents.map((agent: { name: string }) => agent.name);
          shown.forEach(({ cell }: { cell: string }, arena: number) => {
            const run = runs.find((run) => run.cell === cell && run.policy === policy);
            const hashes = run?.hashes ?? {};
            world.seek(0);
            for (const tick of Object.keys(hashes)
              .map(Number)
              .sort((a, b) => a - b)) {
              if (tick > last) break;
              world.seek(tick);
              found.compared++;
              if (tick > 0) found.later++;
              if (world.hash_hex(arena) !== hashes[tick]) {
                found.differences.push(`${policy}, ${cell}, tick ${tick}`);
              }
            }
          });
          world.free();
        }
        return found;
      },
      { id, text: texts.get(id) ?? '', file, last: LAST },
    );
    const seated = (file.runs as { policy: string }[]).map(({ policy }) => policy);
    expect([...new Set(seated)].sort(), id).toEqual(played.agents.sort());
    expect(played.differences, id).toEqual([]);
    // Of each agent in both arms the start, and of all of them together what came later.
    expect(played.compared, id).toBeGreaterThanOrEqual(2 * played.agents.length);
    expect(played.later, id).toBeGreaterThan(0);
  }
});

test('a snapshot taken natively goes on equal in the page', async ({ page }) => {
  test.setTimeout(300_000);
  const texts = await ready(page);
  for (const { name, file } of documents('wasm/tests/snapshots')) {
    const id = name.slice(0, -'.json'.length);
    const differences = await page.evaluate(
      async ({ id, file, text }) => {
        const beside = (name: string) => import(`${location.origin}/beside/${name}`);
        const engine = await beside('commonweal.js');
        await engine.default();
        const { snapshotDifference } = await beside('golden.mjs');
        const entries = file.snapshots as { then: Record<string, string> }[];
        return entries.map((entry): string | null => {
          // The first ticks that follow; Node goes on to the last.
          const then = Object.fromEntries(Object.entries(entry.then).slice(0, 3));
          return snapshotDifference(engine.Simulation, text, id, file, { ...entry, then });
        });
      },
      { id, file, text: texts.get(id) ?? '' },
    );
    expect(differences).toEqual([null, null]);
  }
});
