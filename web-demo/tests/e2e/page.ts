// What every test of the page demands beside its own subject: no console message of weight, no failed
// and no off-origin request.

import { test as base, expect } from '@playwright/test';

export const test = base.extend<{ faults: string[] }>({
  faults: [
    async ({ page, baseURL }, use) => {
      const faults: string[] = [];
      const origin = new URL(baseURL ?? 'http://127.0.0.1').origin;
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type()))
          faults.push(`console: ${message.text()}`);
      });
      page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
      page.on('requestfailed', (request) => {
        // What a reload cuts short has not failed.
        if (request.failure()?.errorText === 'net::ERR_ABORTED') return;
        faults.push(`failed: ${request.url()}`);
      });
      page.on('response', (answer) => {
        if (answer.status() >= 400) faults.push(`${answer.status()}: ${answer.url()}`);
      });
      page.on('request', (request) => {
        const url = request.url();
        if (/^https?:/.test(url) && new URL(url).origin !== origin)
          faults.push(`off-origin: ${url}`);
      });
      await use(faults);
      expect(faults).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Tick of the arenas as the page writes it. */
export async function tick(page: import('@playwright/test').Page): Promise<number> {
  return Number(await page.locator('[data-tick]').getAttribute('data-tick'));
}

/** State hashes of both arenas, control first. */
export async function hashes(page: import('@playwright/test').Page): Promise<string[]> {
  return page
    .locator('[data-hash]')
    .evaluateAll((found) => found.map((element) => element.getAttribute('data-hash') ?? ''));
}

/** Opens the page and waits until both arenas stand. */
export async function open(page: import('@playwright/test').Page, query = ''): Promise<void> {
  await page.goto(`./#/${query}`);
  // The page shows the old arenas until the new ones stand.
  const wanted = /scenario=([a-z_]+)/.exec(query)?.[1];
  const known = (await shipped(page)).some(({ id }) => id === wanted);
  if (known) await expect(page.locator('.pair')).toHaveAttribute('data-loaded', wanted ?? '');
  await expect(page.locator('[data-hash]').first()).toHaveAttribute('data-hash', /^[0-9a-f]{16}$/);
  await expect(page.locator('[data-hash]').nth(1)).toHaveAttribute('data-hash', /^[0-9a-f]{16}$/);
}

/** The scenarios that are shipped beside the page. */
export async function shipped(
  page: import('@playwright/test').Page,
): Promise<{ id: string; effect: boolean; hashes: boolean }[]> {
  const answer = await page.request.get('./scenarios/index.json');
  return answer.json();
}

/** Scenarios that are played at length: tests of one scenario do not grow with the number shipped. */
export const PLAYED = ['commons_harvest', 'switch_and_successor'] as const;
