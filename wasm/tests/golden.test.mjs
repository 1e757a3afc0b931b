// The golden traces on the shipped package, under Node: every scenario, cell, policy and seed.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import { engine, scenario, text } from './engine.mjs';
import { firstDifference } from './golden.mjs';

const files = readdirSync(new URL('../../tests/golden/', import.meta.url)).filter((name) =>
  name.endsWith('.json'),
);

test('there are golden traces', () => assert.ok(files.length > 1));

for (const name of files) {
  test(`the states of ${name} are those of the native engine, tick after tick`, () => {
    const file = JSON.parse(text(`tests/golden/${name}`));
    assert.equal(file.rules, engine.version().rules);
    assert.ok(file.runs.length > 2);
    const source = scenario(file.scenario);
    for (const run of file.runs) {
      assert.equal(run.folds.length, file.ticks / 50);
      assert.equal(firstDifference(engine.Simulation, source, file, run), null);
    }
  });
}
