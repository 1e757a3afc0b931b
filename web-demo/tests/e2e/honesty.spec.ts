import { expect, open, PLAYED, shipped, test } from './page.ts';

test('every scenario opens by its card, with its effect whole and no number outside it', async ({
  page,
}) => {
  test.setTimeout(300_000);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page);
  const all = await shipped(page);
  expect(all.filter(({ effect }) => effect).length).toBeGreaterThanOrEqual(PLAYED.length);
  for (const { id, effect, hashes } of all) {
    // One page for all of them: nothing is loaded twice.
    await page.locator(`[data-scenario="${id}"]`).click();
    await expect(page.locator('.pair')).toHaveAttribute('data-loaded', id);
    await expect.poll(() => page.url()).toContain(`scenario=${id}`);
    await expect(page.locator('.arena')).toHaveCount(2);
    expect(hashes, `recorded/${id}.hashes.json`).toBe(true);
    await expect(page.locator('[data-check=equal]'), id).toHaveCount(2);
    if (effect) {
      const shown = page.locator('cw-effect').first();
      for (const part of ['control', 'treatment', 'diff']) {
        await expect(shown.locator(`[data-measure=${part}]`)).toBeVisible();
      }
      await expect(shown).toContainText('paired seeds');
      await expect(shown).toContainText('95 % interval');
      await expect(shown).toContainText('What this does not show');
    } else {
      await expect(page.locator('[data-unmeasured]')).toContainText('No effect shown');
      await expect(page.locator('[data-unmeasured] code')).toHaveText(`commonweal run ${id}`);
    }
    expect(await page.locator('body [data-measure]').count()).toBe(
      await page.locator('cw-effect [data-measure]').count(),
    );
  }
});

for (const missing of ['control', 'diff', 'caveat', 'n_distinct']) {
  test(`an effect without its ${missing} is refused, and no part of it is shown`, async ({
    page,
  }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.route('**/recorded/switch_and_successor.json', async (route) => {
      const file = await (await route.fetch()).json();
      for (const effect of file) delete effect[missing];
      await route.fulfill({ json: file });
    });
    await open(page, '?scenario=switch_and_successor');
    const shown = page.locator('cw-effect').first();
    await expect(shown).toHaveText('No number shown: its control or interval is missing.');
    expect(await page.locator('[data-measure]').count()).toBe(0);
  });
}

/** A comparison from tick 128 on. */
const LATER = /tick (12[89]|1[3-9]\d|[2-9]\d\d|\d{4})/;

test('the state hash equals that of the native run, tick after tick', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const id of PLAYED) {
    await open(page, `?scenario=${id}`);
    await expect(page.locator('[data-check=equal]')).toHaveCount(2);
    await page.locator('[data-speed]').selectOption('Infinity');
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await expect
      .poll(() => page.locator('[data-check=equal]').allTextContents(), { timeout: 20_000 })
      .toEqual([expect.stringMatching(LATER), expect.stringMatching(LATER)]);
    await expect(page.locator('[data-check=differs]')).toHaveCount(0);
  }
});

test('a hash that is not the native one is called by its tick', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.route('**/recorded/switch_and_successor.hashes.json', async (route) => {
    const file = await (await route.fetch()).json();
    for (const run of file.runs) {
      if (run.hashes['0']) run.hashes['0'] = '0123456789abcdef';
    }
    await route.fulfill({ json: file });
  });
  await open(page, '?scenario=switch_and_successor');
  await expect(page.locator('[data-check=differs]').first()).toContainText('tick 0');
});

// For all scenarios the engine is asked without the page, in golden.spec.ts.
test('every control agent can be put in the seat', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const id of PLAYED) {
    await open(page, `?scenario=${id}`);
    const agents = page.locator('[data-agent]');
    const names = await agents
      .locator('option')
      .evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value));
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) {
      await agents.selectOption(name);
      await expect.poll(() => page.url()).toContain(`agent=${name}`);
      await page.locator('[data-speed]').selectOption('Infinity');
      await page.getByRole('button', { name: 'Play', exact: true }).click();
      // The native run is that of this agent: with another in the seat the states would differ.
      await expect
        .poll(() => page.locator('[data-check=equal]').allTextContents())
        .toEqual([expect.stringMatching(LATER), expect.stringMatching(LATER)]);
      await expect(page.locator('[data-check=differs]')).toHaveCount(0);
    }
  }
});

test('a broken scenario file gets its place and its sentence', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.route('**/switch_and_successor.toml', async (route) => {
    const text = await (await route.fetch()).text();
    await route.fulfill({ body: text.replace('mode = "compass4"', 'mode = "compass5"') });
  });
  await page.goto('./#/?scenario=switch_and_successor');
  await expect(page.getByRole('alert')).toContainText(/line \d+, column \d+: .*compass5/);
});

test('captions tell what happened, and when', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page, '?scenario=switch_and_successor&agent=guard_always&seed=1');
  await page.locator('[data-speed]').selectOption('Infinity');
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await expect(page.locator('.treatment [data-caption]')).toContainText('A shuts the gate');
});

test('without WebAssembly the recorded numbers are shown, and a sentence', async ({ page }) => {
  await page.addInitScript(() => {
    Reflect.deleteProperty(globalThis, 'WebAssembly');
  });
  await page.goto('./#/?scenario=switch_and_successor');
  await expect(page.getByRole('alert')).toContainText('runs no WebAssembly');
  expect(await page.locator('cw-effect').count()).toBeGreaterThan(1);
});

test('a link to a scenario that is not shipped says so', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page, '?scenario=no_such_thing');
  await expect(page.getByText('names a scenario no_such_thing')).toBeVisible();
});
