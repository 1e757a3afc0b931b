// A measured effect, as the core reports it. The page computes none of its numbers; it only refuses
// to show one whose evidence is not whole.

/** What an element says in place of a number whose evidence is not whole. */
export const REFUSAL = 'No number shown: its control or interval is missing.';

export interface Interval {
  mean: number;
  lo: number;
  hi: number;
}

export interface Difference {
  est: number;
  lo: number;
  hi: number;
  /** Coverage, for example 0.95. */
  level: number;
  method: string;
}

export type Verdict = 'detected' | 'bounded' | 'inconclusive';
const VERDICTS: readonly string[] = ['detected', 'bounded', 'inconclusive'];
const SOURCES: readonly string[] = ['recorded', 'live', 'report'];

/** `EffectReport` of the core, checked. */
export class Effect {
  private constructor(
    readonly family: string,
    /** The agent whose effect it is. */
    readonly policy: string,
    readonly scenarioHash: string,
    readonly rulesVersion: number,
    readonly measure: { id: string; label: string; unit: string; url: string },
    readonly control: Interval,
    readonly treatment: Interval,
    readonly diff: Difference,
    /** The smallest effect that matters; null for an exploratory effect. */
    readonly M: number | null,
    readonly nPairs: number,
    readonly nDistinct: number,
    readonly opportunities: number | null,
    readonly competenceOk: boolean | null,
    /** Null for a number that is no primary. */
    readonly verdict: Verdict | null,
    /** The verdict as one plain sentence; empty without one. */
    readonly says: string,
    readonly source: 'recorded' | 'live' | 'report',
    /** What the number does not show. */
    readonly caveat: string,
  ) {}

  /** The only way to an Effect. Throws, with the field's name, where evidence is missing. */
  static parse(value: unknown): Effect {
    const report = record(value, 'report');
    const measure = record(report.measure, 'measure');
    const diff = record(report.diff, 'diff');
    const verdict = report.verdict ?? null;
    if (verdict !== null && !VERDICTS.includes(String(verdict))) {
      throw new Error(`verdict: ${verdict} is no verdict.`);
    }
    // A word without its threshold says nothing.
    const m = verdict === null && report.M == null ? null : number(report.M, 'M');
    const source = text(report.source, 'source');
    if (!SOURCES.includes(source)) throw new Error(`source: ${source} is no source.`);
    return new Effect(
      text(report.family, 'family'),
      text(report.policy, 'policy'),
      text(report.scenario_hash, 'scenario_hash'),
      number(report.rules_version, 'rules_version'),
      {
        id: text(measure.id, 'measure.id'),
        label: text(measure.label, 'measure.label'),
        unit: typeof measure.unit === 'string' ? measure.unit : '',
        url: typeof measure.url === 'string' ? measure.url : '',
      },
      interval(report.control, 'control'),
      interval(report.treatment, 'treatment'),
      {
        ...bounds(diff, 'diff', number(diff.est, 'diff.est')),
        est: number(diff.est, 'diff.est'),
        level: number(diff.level, 'diff.level'),
        method: text(diff.method, 'diff.method'),
      },
      m,
      count(report.n_pairs, 'n_pairs'),
      count(report.n_distinct, 'n_distinct'),
      typeof report.opportunities === 'number' ? report.opportunities : null,
      typeof report.competence_ok === 'boolean' ? report.competence_ok : null,
      verdict as Verdict | null,
      verdict === null ? '' : text(report.says, 'says'),
      source as Effect['source'],
      text(report.caveat, 'caveat'),
    );
  }
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error(`${name} is missing.`);
  return value as Record<string, unknown>;
}

function number(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new Error(`${name} is missing or not finite.`);
  }
  return value;
}

function count(value: unknown, name: string): number {
  const n = number(value, name);
  if (n <= 0) throw new Error(`${name} is ${n}: no episode stands behind the number.`);
  return n;
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw new Error(`${name} is missing.`);
  return value;
}

function bounds(
  report: Record<string, unknown>,
  name: string,
  middle: number,
): { lo: number; hi: number } {
  const lo = number(report.lo, `${name}.lo`);
  const hi = number(report.hi, `${name}.hi`);
  if (lo > middle || middle > hi) throw new Error(`${name}: ${middle} lies outside its interval.`);
  return { lo, hi };
}

function interval(value: unknown, name: string): Interval {
  const report = record(value, name);
  const mean = number(report.mean, `${name}.mean`);
  return { mean, ...bounds(report, name, mean) };
}

/** One effect of a recorded run. */
export interface RecordedEffect {
  policy: string;
  /** Null: the report was refused. */
  effect: Effect | null;
  /** Why it was refused. */
  why: string;
}

/** Reads `recorded/<scenario>.json`: a list of EffectReports, as `commonweal run --effect` writes it. */
export function parseRecorded(value: unknown): RecordedEffect[] {
  if (!Array.isArray(value)) throw new Error('The recorded run is no list of effects.');
  return value.map((entry) => {
    const policy = text(record(entry, 'effect').policy, 'policy');
    try {
      return { policy, effect: Effect.parse(entry), why: '' };
    } catch (error) {
      return { policy, effect: null, why: (error as Error).message };
    }
  });
}

/** The recorded run of a scenario. */
export async function recorded(id: string): Promise<RecordedEffect[]> {
  return parseRecorded(await shipped(`./recorded/${id}.json`));
}

/** Hashes of a native run, from one seed. */
export interface NativeHashes {
  /** Number of the paired seed, decimal. */
  seed: string;
  domain: string;
  rules_version: number;
  scenario_hash: string;
  /** `hashes`: tick to 16 hexadecimal digits. */
  runs: { cell: string; policy: string; hashes: Record<string, string> }[];
}

/** The native hashes of a scenario. */
export async function nativeHashes(id: string): Promise<NativeHashes> {
  return (await shipped(`./recorded/${id}.hashes.json`)) as NativeHashes;
}

async function shipped(path: string): Promise<unknown> {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: the server answered ${answer.status}.`);
  return answer.json();
}
