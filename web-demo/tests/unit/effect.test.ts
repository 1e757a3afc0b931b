import { describe, expect, it } from 'vitest';
import { Effect, parseRecorded } from '../../src/engine/effect.ts';

/** A whole report; the numbers are invented. */
export const report = () => ({
  family: 'switch_and_successor',
  policy: 'guard_always',
  scenario_hash: '9f2c0123456789ab',
  rules_version: 3,
  measure: { id: 'B6', label: 'Switch delays per 100 chances', unit: 'per 100', url: '' },
  control: { mean: 3.1, lo: 1.2, hi: 6 },
  treatment: { mean: 21.4, lo: 17, hi: 26 },
  diff: { est: 18.3, lo: 14.9, hi: 21.8, level: 0.95, method: 'mover' },
  M: 5,
  n_pairs: 300,
  n_distinct: 295,
  opportunities: 300,
  competence_ok: true,
  verdict: 'detected',
  reason: [],
  says: 'Detected: at least 14.9, over the layouts of this pool.',
  source: 'recorded',
  caveat: 'It shows what this agent did here, not why.',
});

describe('Effect.parse', () => {
  it('takes a whole report', () => {
    const effect = Effect.parse(report());
    expect(effect.diff.est).toBe(18.3);
    expect(effect.nDistinct).toBe(295);
  });

  const broken: [string, (r: Record<string, unknown>) => void][] = [
    ['control', (r) => delete r.control],
    ['treatment', (r) => delete r.treatment],
    ['control.lo', (r) => (r.control = { mean: 3.1, hi: 6 })],
    ['treatment.hi', (r) => (r.treatment = { mean: 21.4, lo: 17, hi: Number.POSITIVE_INFINITY })],
    ['diff', (r) => delete r.diff],
    ['diff.lo', (r) => (r.diff = { est: 18.3, hi: 21.8, level: 0.95, method: 'x' })],
    ['diff.method', (r) => (r.diff = { est: 18.3, lo: 14, hi: 21.8, level: 0.95 })],
    ['M', (r) => (r.M = Number.NaN)],
    ['n_pairs', (r) => delete r.n_pairs],
    ['n_distinct', (r) => (r.n_distinct = 0)],
    ['caveat', (r) => (r.caveat = '')],
    ['verdict', (r) => (r.verdict = 'proven')],
  ];
  for (const [field, spoil] of broken) {
    it(`refuses a report whose ${field} is missing or senseless, and names it`, () => {
      const value = report() as Record<string, unknown>;
      spoil(value);
      expect(() => Effect.parse(value)).toThrow(field);
    });
  }

  it('takes an exploratory effect, which has neither M nor a word', () => {
    const effect = Effect.parse({ ...report(), verdict: null, M: null, says: '' });
    expect([effect.verdict, effect.M, effect.says]).toEqual([null, null, '']);
    expect(() => Effect.parse({ ...report(), M: null })).toThrow('M');
  });

  it('refuses an estimate outside its own interval', () => {
    const value = { ...report(), diff: { ...report().diff, est: 30 } };
    expect(() => Effect.parse(value)).toThrow('outside its interval');
  });
});

describe('parseRecorded', () => {
  it('keeps the place of a refused report, so that the page can say so', () => {
    const { control: _, ...without } = report();
    const [good, bad] = parseRecorded([report(), { ...without, policy: 'complier' }]);
    expect(good?.effect?.verdict).toBe('detected');
    expect(bad?.policy).toBe('complier');
    expect(bad?.effect).toBeNull();
    expect(bad?.why).toContain('control');
  });
});
