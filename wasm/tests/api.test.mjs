// The calls of the package, under Node. Games are compared in golden.test.mjs.
import assert from 'node:assert/strict';
import test from 'node:test';
import { engine, SHIPPED, text } from './engine.mjs';

function open(scenario, options = {}) {
  return new engine.Simulation(scenario.text, scenario.id, { seed: '7', ...options });
}

test('the version of the rules and of the package', () => {
  const { rules, package: version } = engine.version();
  assert.ok(Number.isInteger(rules) && rules > 0);
  assert.match(version, /^\d+\.\d+\.\d+$/);
});

test('the declarations of the page name what the package has', () => {
  const declared = text('web-demo/src/engine/core.d.ts');
  const inClass = declared.slice(declared.indexOf('export class Simulation'));
  const names = [...inClass.matchAll(/^ {4}([a-z_]+)\(/gm)].map((match) => match[1]);
  assert.ok(names.length > 12);
  for (const name of names.filter((name) => name !== 'constructor')) {
    assert.equal(typeof engine.Simulation.prototype[name], 'function', name);
  }
});

test('a shipped scenario has no errors', () => {
  for (const scenario of SHIPPED) {
    const errors = engine.check(scenario.text, scenario.id).filter((d) => d.severity === 'error');
    assert.deepEqual(errors, [], scenario.id);
  }
});

test('places of errors are UTF-16 offsets', () => {
  const [scenario] = SHIPPED;
  const wrong = `# — 😀\n${scenario.text.replace('ticks =', 'tikcs =')}`;
  const found = engine.check(wrong, scenario.id).find((d) => d.message.includes('tikcs'));
  assert.ok(found, 'a diagnostic names the slip');
  assert.ok(wrong.slice(found.from, found.to).includes('tikcs'), wrong.slice(found.from, found.to));
  assert.equal(wrong.split('\n')[found.line - 1].slice(found.column - 1, found.column + 4), 'tikcs');
});

test('a wrong text throws a sentence and its diagnostics', () => {
  const broken = { id: 'broken', text: 'format = 1\n' };
  assert.throws(() => open(broken), (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, /^broken: /);
    assert.ok(error.diagnostics.length > 0);
    return true;
  });
});

test('wrong arguments throw sentences', () => {
  const [scenario] = SHIPPED;
  assert.throws(() => open(scenario, { seed: '-1' }), /seed `-1`/);
  assert.throws(() => open(scenario, { domain: 'test' }), /no seed domain `test`/);
  assert.throws(() => open(scenario, { arms: ['nowhere'] }), /nowhere/);
  assert.throws(() => open(scenario, { arms: [] }), /at least one arm/);
  assert.throws(() => open(scenario, { policy: 'nobody' }), /no control agent `nobody`/);
  assert.throws(() => open(scenario, { sead: '1' }), /sead/);
  const simulation = open(scenario);
  assert.throws(() => simulation.frame(2), /no arena 2/);
  assert.throws(() => simulation.restore(0, new Uint8Array([1, 2, 3])), Error);
  assert.throws(() => simulation.group('nobody'), /no controlled role `nobody`/);
  simulation.free();
});

test('a control and a treatment arm are on show, the words fill the map', () => {
  for (const scenario of SHIPPED) {
    const simulation = open(scenario);
    const about = simulation.describe();
    assert.deepEqual(
      about.shown.map(({ kind }) => kind),
      ['control', 'treatment'],
    );
    assert.ok(about.agents.length > 2);
    assert.ok(about.agents.some(({ name }) => name === about.policy));
    const codes = new Set(about.looks.map((look) => look.code));
    for (const arena of [0, 1]) {
      const words = simulation.frame(arena).slice();
      assert.equal(words.length, about.width * about.height * 8);
      for (let at = 0; at < words.length; at += 8) {
        for (const code of words.subarray(at, at + 5)) assert.ok(code === 0 || codes.has(code));
      }
      const bodies = words.filter((_, at) => at % 8 === 5 && words[at] > 0);
      assert.ok(bodies.length > 0);
    }
    simulation.free();
  }
});

test('seeking back and forth gives the states that were there', () => {
  for (const scenario of SHIPPED) {
    const simulation = open(scenario);
    const hashes = [simulation.hash_hex(1)];
    for (let tick = 1; tick <= 150; tick++) {
      simulation.step(1);
      hashes.push(simulation.hash_hex(1));
    }
    for (const tick of [149, 65, 64, 63, 0, 130, 1]) {
      simulation.seek(tick);
      assert.equal(simulation.hash_hex(1), hashes[tick], `${scenario.id}, tick ${tick}`);
    }
    simulation.free();
  }
});

test('a snapshot goes on equal in another instance, and a fork equal to its parent', () => {
  for (const scenario of SHIPPED) {
    const { cell: arm } = open(scenario).describe().shown[1];
    const parent = open(scenario, { arms: [arm, arm] });
    parent.step(40);
    const at = parent.tick(0);
    const other = open(scenario, { arms: [arm], seed: '8' });
    other.restore(0, parent.snapshot(0));
    parent.fork(0, 1);
    assert.deepEqual(parent.diff(0, 1), { equal: true, columns: [] });
    for (let n = 0; n < 60; n++) {
      parent.step(1);
      other.step(1);
      assert.equal(parent.hash_hex(1), parent.hash_hex(0));
      assert.equal(other.hash_hex(0), parent.hash_hex(0));
    }
    if (at > 3) assert.throws(() => other.seek(3), new RegExp(`restored at tick ${at}`));
    const whole = parent.snapshot(0);
    const before = other.hash_hex(0);
    const bent = whole.slice();
    bent[bent.length >> 1] ^= 1;
    for (const bad of [whole.slice(0, -1), bent, new Uint8Array()]) {
      assert.throws(() => other.restore(0, bad), Error);
    }
    assert.equal(other.hash_hex(0), before);
    parent.free();
    other.free();
  }
});

test('a caller can play a role: masked rows, noop where nothing was sent, the same again after a seek', () => {
  for (const scenario of SHIPPED) {
    const role = open(scenario).describe().focal_role;
    const simulation = open(scenario, { control: [role] });
    const { rows, shape, obs, own, own_names, mask, actions } = simulation.group(role);
    assert.equal(obs.length, rows * shape.reduce((a, b) => a * b, 1));
    assert.equal(own.length, rows * own_names.length);
    assert.equal(mask.length, rows * actions.length);
    assert.equal(actions[0], 'noop');
    assert.throws(() => simulation.set_actions(role, new Uint8Array(rows + 1)), /actions for/);
    assert.throws(() => simulation.set_actions(role, new Uint8Array(rows).fill(250)), /no action 250/);
    const before = simulation.hash_hex(0);
    simulation.set_actions(role, new Uint8Array(rows).fill(1));
    simulation.step(1);
    const after = simulation.hash_hex(0);
    assert.notEqual(after, before);
    simulation.step(70);
    simulation.seek(1);
    assert.equal(simulation.hash_hex(0), after);
    simulation.free();
  }
});

test('1,000 rebuilds do not grow the memory', () => {
  const [scenario] = SHIPPED;
  const size = () => engine.initSync().memory.buffer.byteLength;
  for (let n = 0; n < 50; n++) open(scenario).free();
  const before = size();
  for (let n = 0; n < 1000; n++) open(scenario).free();
  assert.equal(size(), before);
});
