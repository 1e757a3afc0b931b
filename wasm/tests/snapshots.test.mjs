// A snapshot taken natively goes on equal here (tests/tests/page.rs writes the files).
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import { engine, scenario, text } from './engine.mjs';
import { snapshotDifference } from './golden.mjs';

const folder = new URL('snapshots/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

test('there are native snapshots', () => assert.ok(files.length > 1));

for (const name of files) {
  test(`the native snapshots of ${name} go on as they did natively`, () => {
    const id = name.slice(0, -'.json'.length);
    const file = JSON.parse(text(`wasm/tests/snapshots/${name}`));
    assert.equal(file.snapshots.length, 2);
    for (const entry of file.snapshots) {
      const found = snapshotDifference(engine.Simulation, scenario(id), id, file, entry);
      assert.equal(found, null);
    }
  });
}
