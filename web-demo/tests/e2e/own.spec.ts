// A scenario of the visitor's own, opened from a file.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { FileChooser, Page } from '@playwright/test';
import { expect, hashes, open, test, tick } from './page.ts';

const SOURCE = readFileSync(
  join(
    import.meta.dirname,
    '../../../scenarios/shutdown/switch_and_successor/switch_and_successor.toml',
  ),
  'utf8',
);
/** A title that no shipped scenario has. */
const MINE = SOURCE.replace(/^title = .*$/m, 'title = "The yard of mine"');
/** Two faults, in different places. */
const BROKEN = MINE.replace('mode = "compass4"', 'mode = "compass5"').replace(
  'demand = "none"',
  'demand = "nothing"',
);

const file = (text: string, name = 'yard.toml') => ({
  name,
  mimeType: 'application/toml',
  buffer: Buffer.from(text),
});

async function chosen(page: Page, act: () => Promise<void>): Promise<FileChooser> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), act()]);
  return chooser;
}

const button = (page: Page) => page.getByRole('button', { name: 'Open a file…' });

async function give(page: Page, text: string, name?: string): Promise<void> {
  const chooser = await chosen(page, () => button(page).click());
  await chooser.setFiles(file(text, name));
}

/** Drops a file on the page. */
async function drop(page: Page, name: string, text: string): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ name, text }) => {
      const data = new DataTransfer();
      data.items.add(new File([text], name, { type: 'text/plain' }));
      return data;
    },
    { name, text },
  );
  await page.dispatchEvent('main', 'dragover', { dataTransfer: transfer });
  await expect(page.getByText('Drop the scenario file')).toBeVisible();
  await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
  await expect(page.getByText('Drop the scenario file')).toBeHidden();
}

test('plays like a shipped one: the same states, agents and captions, and nothing is sent', async ({
  page,
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page, '?scenario=switch_and_successor&seed=1&agent=guard_always');
  const shippedStates = await hashes(page);
  const agents = await page.locator('[data-agent] option').allTextContents();
  const requests: string[] = [];
  // Chromium asks for the icon again whenever the address changes.
  page.on('request', (request) => {
    if (!request.url().endsWith('/favicon.svg')) requests.push(request.url());
  });

  await give(page, MINE, 'switch_and_successor.toml');
  await expect(page.locator('#question')).toHaveText('The yard of mine');
  await expect(page.locator('[data-local]')).toContainText('sent nowhere');
  await page.getByRole('textbox', { name: 'Seed' }).fill('1');
  await page.keyboard.press('Enter');
  await expect.poll(() => hashes(page)).toEqual(shippedStates);
  expect(await page.locator('[data-agent] option').allTextContents()).toEqual(agents);
  expect(agents.length).toBeGreaterThan(3);
  await expect(page.locator('.card[aria-pressed=true]')).toHaveCount(0);

  await page.locator('[data-agent]').selectOption('complier');
  await expect.poll(() => page.url()).toContain('agent=complier');
  await page.locator('[data-agent]').selectOption('guard_always');
  await expect.poll(() => page.url()).toContain('agent=guard_always');
  expect(page.url()).toContain('file=switch_and_successor.toml');
  await page.locator('[data-speed]').selectOption('Infinity');
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await expect(page.locator('.treatment [data-caption]')).toContainText('A shuts the gate');
  expect(requests).toEqual([]);
});

test('has no recorded effect: the panel says so and gives the command that makes one', async ({
  page,
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page);
  await expect(page.locator('cw-effect').first()).toBeVisible();
  await give(page, MINE, 'my yard.toml');
  const panel = page.locator('[data-unmeasured]');
  await expect(panel).toContainText('No effect shown');
  await expect(panel.locator('code')).toHaveText('commonweal run "my yard.toml"');
  await expect(page.locator('cw-effect')).toHaveCount(0);
  expect(await page.locator('[data-measure]').count()).toBe(0);
  // A shipped scenario has its effect back.
  await page.locator('[data-scenario="commons_harvest"]').click();
  await expect(page.locator('cw-effect').first()).toBeVisible();
  await expect(page.locator('[data-local]')).toHaveCount(0);
});

test('that is broken shows every fault with its place, and the world before it goes on', async ({
  page,
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page);
  await give(page, MINE);
  await expect(page.locator('#question')).toHaveText('The yard of mine');
  await page.getByRole('button', { name: 'One tick on', exact: true }).click();
  await expect.poll(() => tick(page)).toBe(1);
  const before = await hashes(page);

  await give(page, BROKEN);
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('yard.toml is not shown');
  for (const [fault, quoted] of [
    [/yard\.toml, line \d+, column \d+: .*compass5/, 'mode = "compass5"'],
    [/yard\.toml, line \d+, column \d+: .*nothing/, 'demand = "nothing"'],
  ] as const) {
    const note = alert.locator('[data-note=error]').filter({ hasText: fault });
    await expect(note).toHaveCount(1);
    await expect(note.locator('code')).toContainText(quoted);
  }
  await expect(alert).toContainText('The yard of mine');
  expect(await hashes(page)).toEqual(before);
  expect(await tick(page)).toBe(1);
  await page.getByRole('button', { name: 'One tick on', exact: true }).click();
  await expect.poll(() => tick(page)).toBe(2);

  // Mended and opened again, it keeps its seed.
  await give(page, MINE.replace('of mine', 'mended'));
  await expect(page.locator('#question')).toHaveText('The yard mended');
  await expect(alert).toHaveCount(0);
});

test('is asked for again after a reload, and then plays with seed and agent of the address', async ({
  page,
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page);
  await give(page, MINE);
  await expect.poll(() => page.url()).toContain('file=yard.toml');
  await page.locator('[data-agent]').selectOption('complier');
  await expect.poll(() => page.url()).toContain('agent=complier');
  await page.getByRole('textbox', { name: 'Seed' }).fill('12');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.url()).toContain('seed=12');
  const states = await hashes(page);

  await page.reload();
  const asked = page.locator('[data-awaited]');
  await expect(asked).toContainText('yard.toml');
  await expect(page.locator('.pair')).toHaveAttribute('data-loaded', 'commons_harvest');
  expect(page.url()).toContain('file=yard.toml');
  const chooser = await chosen(page, () => asked.getByRole('button').click());
  await chooser.setFiles(file(MINE));
  await expect(page.locator('#question')).toHaveText('The yard of mine');
  await expect(asked).toHaveCount(0);
  await expect.poll(() => hashes(page)).toEqual(states);
  expect(page.url()).toContain('agent=complier');
});

test('can be dropped on the page; what is no scenario gets a sentence', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page);
  await drop(page, 'yard.toml', MINE);
  await expect(page.locator('#question')).toHaveText('The yard of mine');
  await drop(page, 'picture.png', 'x');
  await expect(page.getByRole('alert')).toContainText('picture.png is no scenario file');
  await expect(page.locator('#question')).toHaveText('The yard of mine');
});

test('is opened by keys alone', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  // The browser's own dialogue is held back from here on, also for a key that comes at once.
  page.on('filechooser', () => undefined);
  await open(page);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(button(page)).toBeFocused();
  const first = await chosen(page, () => page.keyboard.press('Enter'));
  await first.setFiles(file(MINE));
  await expect(page.locator('#question')).toHaveText('The yard of mine');
  const second = await chosen(page, () => page.keyboard.press('Enter'));
  await second.setFiles(file(BROKEN));
  await expect(page.getByRole('alert')).toContainText('is not shown');
});

test.describe('by touch, at 390 pixels', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('is opened, and a long fault scrolls nothing sideways', async ({ page }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await open(page);
    const chooser = await chosen(page, () => button(page).tap());
    await chooser.setFiles(file(MINE, `${'long_name_'.repeat(12)}.toml`));
    await expect(page.locator('#question')).toHaveText('The yard of mine');
    const again = await chosen(page, () => button(page).tap());
    await again.setFiles(file(BROKEN));
    await expect(page.getByRole('alert')).toContainText('is not shown');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(390);
    const box = await button(page).boundingBox();
    expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44);
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 390]) {
    test(`axe finds nothing: ${colorScheme}, ${width} pixels`, async ({ page }) => {
      test.setTimeout(300_000);
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const clean = async (): Promise<void> => {
        expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      };
      await open(page);
      await give(page, MINE);
      await expect(page.locator('#question')).toHaveText('The yard of mine');
      await clean();
      await give(page, BROKEN);
      await expect(page.getByRole('alert')).toContainText('is not shown');
      await clean();
      await page.reload();
      await expect(page.locator('[data-awaited]')).toBeVisible();
      await clean();
    });
  }
}
