import AxeBuilder from '@axe-core/playwright';
import { expect, hashes, open, PLAYED, shipped, test, tick } from './page.ts';

/** A canvas is drawn when its pixels have more than one colour. */
async function colours(page: import('@playwright/test').Page, nth: number): Promise<number> {
  return page
    .locator('.map canvas:first-child')
    .nth(nth)
    .evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {
        data: new Uint8ClampedArray(),
      };
      const found = new Set<number>();
      for (let i = 0; i < data.length; i += 4) {
        found.add(((data[i] ?? 0) << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0));
      }
      return found.size;
    });
}

test('the first screen moves without a click, control left of treatment', async ({ page }) => {
  await open(page);
  await expect.poll(() => tick(page)).toBeGreaterThan(2);
  expect(await colours(page, 0)).toBeGreaterThan(3);
  expect(await colours(page, 1)).toBeGreaterThan(3);
  const [control, treatment] = [page.locator('.arena.control'), page.locator('.arena.treatment')];
  await expect(control).toHaveCSS('border-top-style', 'dashed');
  await expect(treatment).toHaveCSS('border-top-style', 'solid');
  const [left, right] = [await control.boundingBox(), await treatment.boundingBox()];
  expect(left?.x ?? 0).toBeLessThan(right?.x ?? 0);
});

test('both arenas start from one seed and step together', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page);
  expect(await tick(page)).toBe(0);
  await page.getByRole('button', { name: 'One tick on', exact: true }).click();
  await expect.poll(() => tick(page)).toBe(1);
  const ticks = await page.locator('.state > span:first-child').allTextContents();
  expect(ticks.map((text) => text.trim())).toEqual(['tick 1', 'tick 1']);
});

test('reduced motion: nothing moves before it is asked to', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page);
  const before = await hashes(page);
  // As long as twenty ticks would take.
  await page.waitForTimeout(2500);
  expect(await tick(page)).toBe(0);
  expect(await hashes(page)).toEqual(before);
});

test('going back gives the states that were there', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page);
  const seen: string[][] = [await hashes(page)];
  const on = page.getByRole('button', { name: 'One tick on', exact: true });
  for (let n = 1; n <= 5; n++) {
    await on.click();
    await expect.poll(() => tick(page)).toBe(n);
    seen.push(await hashes(page));
  }
  expect(new Set(seen.map(String)).size).toBe(6);
  for (let n = 4; n >= 3; n--) {
    await page.getByRole('button', { name: 'One tick back', exact: true }).click();
    await expect.poll(() => tick(page)).toBe(n);
    expect(await hashes(page)).toEqual(seen[n]);
  }
  await page.getByRole('button', { name: 'To the start' }).click();
  await expect.poll(() => tick(page)).toBe(0);
  expect(await hashes(page)).toEqual(seen[0]);
});

test('another seed is another run, the same seed the same run', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page, '?scenario=switch_and_successor&seed=11');
  const first = await hashes(page);
  await page.getByRole('textbox', { name: 'Seed' }).fill('12');
  await page.getByRole('button', { name: 'Set' }).click();
  await expect.poll(async () => String(await hashes(page))).not.toBe(String(first));
  expect(page.url()).toContain('seed=12');
  await page.getByRole('textbox', { name: 'Seed' }).fill('11');
  await page.keyboard.press('Enter');
  await expect.poll(() => hashes(page)).toEqual(first);
  await page.getByRole('textbox', { name: 'Seed' }).fill('-1');
  await page.getByRole('button', { name: 'Set' }).click();
  await expect(page.getByText('A seed is a whole number from 0')).toBeVisible();
});

test('the arenas are played by keys alone', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the arenas' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('.pair')).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => tick(page)).toBe(1);
  await page.keyboard.press(' ');
  await expect.poll(() => tick(page)).toBeGreaterThan(3);
  await page.keyboard.press(' ');
  await page.keyboard.press('=');
  await expect(page.locator('[data-speed]')).toHaveValue('2');
  await page.keyboard.press('Home');
  await expect.poll(() => tick(page)).toBe(0);
});

test('letters do nothing once the shortcuts are switched off', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page);
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keys' });
  await expect(dialog).toBeVisible();
  await dialog.getByLabel('Single-key shortcuts').uncheck();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(dialog).toBeHidden();
  await page.keyboard.press('?');
  await page.locator('.pair').focus();
  await page.keyboard.press('ArrowRight');
  await expect(dialog).toBeHidden();
  expect(await tick(page)).toBe(0);
});

test.describe('by touch, at 390 pixels', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('the pair plays, pauses and steps, and nothing scrolls sideways', async ({ page }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await open(page);
    await page.getByRole('button', { name: 'Play', exact: true }).tap();
    await expect.poll(() => tick(page)).toBeGreaterThan(2);
    await page.getByRole('button', { name: 'Pause', exact: true }).tap();
    const before = await tick(page);
    await page.getByRole('button', { name: 'One tick on', exact: true }).tap();
    await expect.poll(() => tick(page)).toBeGreaterThan(before);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
    for (const button of await page.locator('.transport button, .transport select').all()) {
      const box = await button.boundingBox();
      expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44);
    }
  });

  test('360 pixels are enough', async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 640 });
    await open(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      360,
    );
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 390]) {
    test(`axe finds nothing: ${colorScheme}, ${width} pixels`, async ({ page }) => {
      test.setTimeout(300_000);
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const id of PLAYED) {
        await open(page, `?scenario=${id}`);
        await expect(page.locator(`[data-scenario="${id}"]`)).toHaveAttribute(
          'aria-pressed',
          'true',
        );
        const plain = await new AxeBuilder({ page }).analyze();
        expect(plain.violations).toEqual([]);
      }
      await page.getByRole('button', { name: 'Help and keys' }).click();
      const withDialog = await new AxeBuilder({ page }).analyze();
      expect(withDialog.violations).toEqual([]);
    });
  }
}

test('the theme can be chosen and is kept', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await open(page);
  await page.getByRole('button', { name: 'Dark theme' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('a scenario is chosen by its card, with the arrow keys', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page);
  const cards = page.locator('.card');
  const ids = (await shipped(page)).map(({ id }) => id);
  await expect(cards).toHaveCount(ids.length);
  await cards.first().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(cards.nth(1)).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(() => page.url()).toContain(`scenario=${ids[1]}`);
});

/** A list of forty: some of the shipped ones, and cards whose files nobody asks for. */
async function forty(page: import('@playwright/test').Page): Promise<string[]> {
  const asked: string[] = [];
  const real = (await shipped(page)).slice(0, 4);
  const more = Array.from({ length: 40 - real.length }, (_, n) => ({
    id: `stand_in_${n}`,
    group: ['classics', 'gridworlds', 'melting_pot'][n % 3],
    title: n === 7 ? 'The river that nobody cleans' : `Stand-in number ${n}`,
    asks: 'Is a card a card, also when its question runs over more than one line of a narrow window?',
    calibration: false,
    effect: false,
    hashes: false,
  }));
  const list = [...real, ...more].sort((a, b) =>
    `${(a as { group?: string }).group}/${a.id}` < `${(b as { group?: string }).group}/${b.id}`
      ? -1
      : 1,
  );
  await page.route('**/scenarios/index.json', (route) => route.fulfill({ json: list }));
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  return asked;
}

test('forty scenarios: grouped, searched, chosen by group, and only the first one is fetched', async ({
  page,
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const asked = await forty(page);
  await open(page);
  await expect(page.locator('.card')).toHaveCount(40);
  expect(asked.filter((path) => path.endsWith('.toml'))).toHaveLength(1);
  const headings = await page.locator('cw-cards h3').allTextContents();
  expect(headings).toEqual(expect.arrayContaining(['Classics', 'Gridworlds', 'Melting Pot']));
  expect(headings).toEqual([...headings].sort());

  const search = page.getByRole('searchbox', { name: 'Search' });
  await search.fill('RIVER nobody');
  await expect(page.locator('.card')).toHaveCount(1);
  await expect(page.getByRole('status').filter({ hasText: '1 of 40' })).toBeVisible();
  await search.fill('no such words');
  await expect(page.locator('.card')).toHaveCount(0);
  await page.getByRole('button', { name: 'Show all' }).click();
  await expect(page.locator('.card')).toHaveCount(40);
  await expect(search).toBeFocused();

  const chip = page
    .getByRole('group', { name: 'Groups' })
    .getByRole('button', { name: 'Melting Pot' });
  await chip.focus();
  await page.keyboard.press('Enter');
  await expect(chip).toHaveAttribute('aria-pressed', 'true');
  expect(await page.locator('cw-cards h3').allTextContents()).toEqual(['Melting Pot']);

  // Three cards a row at this width: down is the third next one.
  const cards = page.locator('.card');
  await cards.first().focus();
  await page.keyboard.press('ArrowDown');
  await expect(cards.nth(3)).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await expect(cards.nth(2)).toBeFocused();
  await page.keyboard.press('End');
  await expect(cards.last()).toBeFocused();
});

for (const [colorScheme, width] of [
  ['light', 1280],
  ['dark', 390],
] as const) {
  test(`forty cards: axe finds nothing, ${colorScheme}, ${width} pixels`, async ({ page }) => {
    test.setTimeout(300_000);
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await forty(page);
    await open(page);
    await expect(page.locator('.card')).toHaveCount(40);
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(width);
    for (const button of await page.locator('.chips button').all()) {
      expect((await button.boundingBox())?.height ?? 0).toBeGreaterThanOrEqual(44);
    }
  });
}

test('a card far down the page brings the arenas back into view, and G leads to it again', async ({
  page,
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page);
  const card = page.locator('.card').last();
  await card.scrollIntoViewIfNeeded();
  await page.setViewportSize({ width: 1280, height: 400 });
  await card.click();
  await expect(page.locator('.pair')).toBeFocused();
  await expect(page.locator('#question')).toBeInViewport();
  await page.keyboard.press('g');
  await expect(card).toBeFocused();
});

test('everything works once the network is gone, for a scenario not yet fetched: a sentence', async ({
  page,
  context,
  faults,
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page);
  await context.setOffline(true);
  await page.getByRole('button', { name: 'One tick on', exact: true }).click();
  await expect.poll(() => tick(page)).toBe(1);
  await page.locator('.card[aria-pressed=false]').first().click();
  await expect(page.getByRole('alert')).toContainText('This did not work');
  // The refused requests of this test are its subject.
  expect(faults.every((fault) => /failed|ERR_INTERNET_DISCONNECTED/.test(fault))).toBe(true);
  faults.length = 0;
});
