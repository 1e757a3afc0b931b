// The state of the first screen in the address: `#/?scenario=…&seed=…&agent=…`, and `file=…` in place of
// `scenario` for a file of the visitor's own, which only its owner can open again.

export interface Link {
  scenario?: string;
  /** Name of a file of the visitor's own. */
  file?: string;
  /** Decimal. */
  seed?: string;
  agent?: string;
  stage?: boolean;
}

const SEED_MAX = 2n ** 64n - 1n;

/** A seed as written by a person: the number in its shortest form, or null where it is none. */
export function parseSeed(text: string): string | null {
  const trimmed = text.trim();
  if (!/^\d{1,20}$/.test(trimmed)) return null;
  const seed = BigInt(trimmed);
  return seed <= SEED_MAX ? seed.toString() : null;
}

/** A name that a dropped file may have: no path, nothing that cannot be seen. */
function isFileName(name: string): boolean {
  return name.length <= 255 && name.endsWith('.toml') && !/[\p{Cc}\p{Cf}/\\]/u.test(name);
}

export function parseLink(hash: string): Link {
  const fields = new URLSearchParams(hash.split('?')[1] ?? '');
  const link: Link = {};
  const scenario = fields.get('scenario');
  if (scenario && /^[a-z][a-z0-9_]{0,31}$/.test(scenario)) link.scenario = scenario;
  const file = fields.get('file');
  if (file && isFileName(file)) link.file = file;
  const seed = parseSeed(fields.get('seed') ?? '');
  if (seed !== null) link.seed = seed;
  const agent = fields.get('agent');
  if (agent && /^[a-z][a-z0-9_]{0,31}$/.test(agent)) link.agent = agent;
  if (fields.has('stage')) link.stage = true;
  return link;
}

export function formatLink(link: Link): string {
  const fields = new URLSearchParams();
  if (link.file) fields.set('file', link.file);
  else if (link.scenario) fields.set('scenario', link.scenario);
  if (link.seed) fields.set('seed', link.seed);
  if (link.agent) fields.set('agent', link.agent);
  const query = fields.toString() + (link.stage ? '&stage' : '');
  return query ? `#/?${query}` : '#/';
}
