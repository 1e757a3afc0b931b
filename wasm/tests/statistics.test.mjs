// The worked values of the measures on the shipped package, to the last bit of the native engine.
import assert from 'node:assert/strict';
import test from 'node:test';
import { engine, text } from './engine.mjs';

const calls = JSON.parse(text('tests/data/measures_calls.json'));
const bits = JSON.parse(text('tests/data/measures_bits.json'));

const flat = (value) => (Array.isArray(value) ? value.flatMap(flat) : [value]);

/** The parts of an answer that a value is made of. */
function picked(answer, parts) {
  if (parts.length === 0) return flat(answer);
  if (parts[0] === 'sum') return [flat(answer).reduce((sum, x) => sum + x, 0)];
  if (parts[0] === 'one_minus') return [1 - flat(answer)[0]];
  if (parts[1] === 'last') return flat(answer[parts[0]]).slice(-1);
  return parts.flatMap((field) => flat(answer[field]));
}

test('there are worked values', () => assert.ok(Object.keys(calls).length > 70));

for (const [name, list] of Object.entries(calls)) {
  test(`${name} has the bits of the native engine`, () => {
    const got = list.flatMap(([name, args, parts]) => picked(engine.statistic(name, args), parts));
    assert.deepEqual(got, bits[name]);
  });
}

test('a refusal names the argument', () => {
  assert.throws(() => engine.statistic('gini', { x: [1, NaN] }), /x\[1\] is not a finite number/);
  assert.throws(() => engine.statistic('gini', { x: [0, 0] }), /undefined_zero_total/);
  assert.throws(() => engine.statistic('ginny', {}), /there is no function ginny/);
});
