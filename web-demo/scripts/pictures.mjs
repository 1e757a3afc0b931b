// The pictures of docs/images, taken again: the built page at two widths, `run` and `watch` in a terminal.
//
//   cargo build --release && cargo xtask web --build     (once: the command and the page)
//   node scripts/pictures.mjs                            (in web-demo; needs tmux and Debian's chromium)
//
// Look at them before they are committed.
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { preview } from 'vite';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const images = at('../../docs/images/');
const cwd = mkdtempSync(join(tmpdir(), 'pictures-'));
const PATH = [at('../../target/release'), process.env.PATH].join(delimiter);
/** A colour sequence of a terminal. */
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[([\\d;]*)m`);
const say = (line) => process.stdout.write(`${line}\n`);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** The xterm palette as `#rrggbb`. */
function colour(n) {
  const base = [
    '#14181c',
    '#d64550',
    '#3fa34d',
    '#d9a441',
    '#4a90d9',
    '#b07cc6',
    '#3fb0ac',
    '#d8dee4',
  ];
  if (n < 16) return base[n % 8];
  if (n > 231) return `rgb(${Array(3).fill(8 + 10 * (n - 232))})`;
  const level = (i) => [0, 95, 135, 175, 215, 255][Math.floor((n - 16) / 6 ** i) % 6];
  return `rgb(${level(2)},${level(1)},${level(0)})`;
}

/** Text with colour sequences as HTML. */
function html(text) {
  let style = {};
  const pieces = text.split(COLOUR);
  return pieces
    .map((piece, i) => {
      if (i % 2) {
        const codes = piece.split(';').map(Number);
        while (codes.length) {
          const code = codes.shift();
          if (code === 0) style = {};
          else if (code === 1) style['font-weight'] = 'bold';
          else if (code === 2) style.opacity = '.65';
          else if (code === 39) delete style.color;
          else if (code === 49) delete style.background;
          else if (code === 38 || code === 48) {
            codes.shift();
            style[code === 38 ? 'color' : 'background'] = colour(codes.shift());
          } else if (code >= 30 && code < 38) style.color = colour(code - 30);
          else if (code >= 90 && code < 98) style.color = colour(code - 90);
        }
        return '';
      }
      const css = Object.entries(style).map(([k, v]) => `${k}:${v}`);
      const safe = piece.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
      return css.length ? `<span style="${css.join(';')}">${safe}</span>` : safe;
    })
    .join('');
}

/** What a terminal of that size shows once `keys` were pressed one by one. */
async function terminal(columns, rows, line, keys, settle) {
  const tmux = (...args) =>
    execFileSync('tmux', ['-L', 'pictures', ...args.map(String)], {
      encoding: 'utf8',
      cwd,
      env: { ...process.env, PATH },
    });
  tmux(
    'new-session',
    '-d',
    '-s',
    'p',
    '-x',
    columns,
    '-y',
    rows,
    `COLORTERM=truecolor ${line}; sleep 600`,
  );
  try {
    await wait(settle);
    for (const key of keys) {
      tmux('send-keys', '-t', 'p', key);
      await wait(60);
    }
    await wait(1000);
    return tmux('capture-pane', '-e', '-p', '-t', 'p').trimEnd();
  } finally {
    tmux('kill-server');
  }
}

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
async function terminalPicture(name, title, screen) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 400 } });
  await page.setContent(`<style>body{margin:0;display:inline-block;background:#14181c;color:#d8dee4}
    h1{font:14px monospace;margin:0;padding:12px 18px;border-bottom:1px solid #444}
    pre{font:14px/18px 'DejaVu Sans Mono',monospace;margin:0;padding:12px 18px}</style>
    <h1>${title}</h1><pre>${html(screen)}</pre>`);
  await page.locator('body').screenshot({ path: `${images}${name}.png` });
  await page.close();
}

await terminalPicture(
  'terminal-run',
  'commonweal run',
  await terminal(130, 80, 'commonweal run', [], 60_000),
);
const steps = ['Space', ...Array(30).fill('Right')];
await terminalPicture(
  'terminal-watch',
  'commonweal watch',
  await terminal(
    120,
    42,
    'commonweal watch switch_and_successor --policy worker=guard_always',
    steps,
    1500,
  ),
);

const server = await preview({
  root: at('..'),
  preview: { host: '127.0.0.1', port: 4199 },
  logLevel: 'error',
});
const seen = [];
for (const [name, width, scheme, query, ticks] of [
  [
    'page-switch-1280-light',
    1280,
    'light',
    '?scenario=switch_and_successor&agent=guard_always',
    44,
  ],
  ['page-commons-1280-dark', 1280, 'dark', '?scenario=commons_harvest', 64],
  ['page-switch-390-dark', 390, 'dark', '?scenario=switch_and_successor&agent=guard_always', 44],
  ['page-commons-390-light', 390, 'light', '?scenario=commons_harvest', 64],
]) {
  const context = await browser.newContext({
    viewport: { width, height: width > 1000 ? 1000 : 2400 },
    colorScheme: scheme,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.on('console', (m) => seen.push(`${name}: ${m.type()}: ${m.text()}`));
  page.on('pageerror', (e) => seen.push(`${name}: ${e.message}`));
  await page.goto(`${server.resolvedUrls.local[0]}#/${query}`);
  await page.waitForSelector('[data-check]', { timeout: 60_000 });
  const on = page.getByRole('button', { name: 'One tick on' });
  for (let tick = 1; tick <= ticks; tick++) {
    await on.click();
    await page.waitForFunction(
      (n) => Number(document.querySelector('[data-tick]').dataset.tick) >= n,
      tick,
    );
  }
  await page.evaluate(() => document.activeElement.blur());
  await page.mouse.move(0, 0);
  // A sticky bar would cover the middle of a full-page picture.
  await page.addStyleTag({ content: '.transport{position:static!important}' });
  await wait(300);
  await page.screenshot({ path: `${images}${name}.png` });
  say(
    `${name}: ${(await page.locator('[data-check]').allTextContents()).map((t) => t.trim()).join(', ')}`,
  );
  await context.close();
}
await browser.close();
await server.close();
say(seen.length ? seen.join('\n') : 'no console message');
