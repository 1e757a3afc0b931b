import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

/** Debian's browser; the tests download none. */
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
if (!executablePath) {
  throw new Error('Chromium is missing: install it with `apt-get install chromium`.');
}

/** Another port lets two checkouts be tested at a time. */
const port = process.env.COMMONWEAL_PAGE_PORT ?? '4173';

export default defineConfig({
  testDir: 'tests/e2e',
  fullyParallel: true,
  workers: 1,
  forbidOnly: true,
  reporter: 'line',
  timeout: 120_000,
  // Machines that build beside the tests are slow.
  expect: { timeout: 30_000 },
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    viewport: { width: 1280, height: 900 },
    launchOptions: {
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
  webServer: {
    command: `npx vite preview --host 127.0.0.1 --port ${port} --strictPort`,
    url: `http://127.0.0.1:${port}`,
    reuseExistingServer: false,
  },
});
