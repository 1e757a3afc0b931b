import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect } from '../../vite/scenarios.ts';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'commonweal-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function scenario(group: string, id: string, text: string): void {
  mkdirSync(join(root, group, id), { recursive: true });
  writeFileSync(join(root, group, id, `${id}.toml`), text);
}

const index = (): unknown => {
  const file = collect(root, root).find(({ path }) => path === 'scenarios/index.json');
  return JSON.parse(String(file?.body));
};

describe('the list of scenarios', () => {
  it('is what the folders are, by group and then by id', () => {
    scenario('shutdown', 'switch', '[question]\ntitle = "S"\nasks = "Q?"\n');
    scenario('shutdown', 'a_switch', '[question]\ntitle = "A"\n');
    scenario('commons', 'harvest', '[question]\ntitle = "H"\nasks = "R?"\n');
    mkdirSync(join(root, 'src'));
    writeFileSync(join(root, 'switch.hashes.json'), '{}');
    scenario('commons', 'harvest_bench', '[question]\ntitle = "B"\n');
    expect(index()).toHaveLength(3);
    expect(index()).toMatchObject([
      { id: 'harvest', group: 'commons', title: 'H', effect: false, hashes: false },
      { id: 'a_switch', group: 'shutdown' },
      { id: 'switch', group: 'shutdown', title: 'S', asks: 'Q?', effect: false, hashes: true },
    ]);
  });

  it('is empty, and no failure, without a scenario or without the folder', () => {
    expect(index()).toEqual([]);
    expect(collect(join(root, 'none'), root)).toHaveLength(1);
  });

  it('keeps a file that cannot be read: the engine says what is wrong with it', () => {
    scenario('commons', 'broken_file', 'title = = 1');
    expect(index()).toMatchObject([{ id: 'broken_file', title: 'broken file' }]);
  });
});
