// The state of the first screen in the address: `#/?scenario=…&seed=…&agent=…`.

export interface Link {
  scenario?: string;
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

export function parseLink(hash: string): Link {
  const fields = new URLSearchParams(hash.split('?')[1] ?? '');
  const link: Link = {};
  const scenario = fields.get('scenario');
  if (scenario && /^[a-z][a-z0-9_]{0,31}$/.test(scenario)) link.scenario = scenario;
  const seed = parseSeed(fields.get('seed') ?? '');
  if (seed !== null) link.seed = seed;
  const agent = fields.get('agent');
  if (agent && /^[a-z][a-z0-9_]{0,31}$/.test(agent)) link.agent = agent;
  if (fields.has('stage')) link.stage = true;
  return link;
}

export function formatLink(link: Link): string {
  const fields = new URLSearchParams();
  if (link.scenario) fields.set('scenario', link.scenario);
  if (link.seed) fields.set('seed', link.seed);
  if (link.agent) fields.set('agent', link.agent);
  const query = fields.toString() + (link.stage ? '&stage' : '');
  return query ? `#/?${query}` : '#/';
}
