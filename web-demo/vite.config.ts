import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { scenarios } from './vite/scenarios.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The built wasm package; `cargo xtask wasm` makes it. Mode `mock` takes the stand-in of the tests. */
function core(mode: string, isPreview: boolean): string {
  if (mode === 'mock' || mode === 'test') return here('./tests/mock/core.ts');
  const built = here('./pkg/commonweal.js');
  if (!isPreview && !existsSync(built)) {
    throw new Error('web-demo/pkg is missing: run `cargo xtask wasm` first, it builds the engine.');
  }
  return built;
}

export default defineConfig(({ mode, isPreview = false }) => ({
  base: './',
  resolve: { alias: { '#core': core(mode, isPreview) } },
  build: { target: 'es2022', assetsInlineLimit: 0, outDir: mode === 'mock' ? 'dist-mock' : 'dist' },
  // Modules in workers: the page needs no top-level await there.
  worker: { format: 'es' as const },
  plugins: [
    mode === 'mock'
      ? scenarios(here('./tests/mock/scenarios'), here('./tests/mock'))
      : scenarios(here('../scenarios'), here('./public/recorded')),
  ],
  test: { include: ['tests/unit/**/*.test.ts'], environment: 'node' },
}));
