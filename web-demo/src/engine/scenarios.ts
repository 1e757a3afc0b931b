/** A scenario that the page can play: as the build lists it, or a file of the visitor's own. */
export interface ScenarioEntry {
  /** Name of its folder. */
  id: string;
  group: string;
  title: string;
  /** The question that it poses. */
  asks: string;
  /** Whether a calibration record stands beside it. */
  calibration: boolean;
  /** Whether the effect of a native run is shipped. */
  effect: boolean;
  /** Whether hashes of a native run are shipped. */
  hashes: boolean;
  /** Name and text of a file of the visitor's own; absent for a shipped one. */
  local?: { file: string; text: string };
}

/** The scenarios beside the page; an empty list where none were shipped. */
export async function list(): Promise<ScenarioEntry[]> {
  const answer = await fetch('./scenarios/index.json');
  if (!answer.ok) throw new Error(`scenarios/index.json: the server answered ${answer.status}.`);
  return (await answer.json()) as ScenarioEntry[];
}

/** The text of a scenario file. */
export async function source(entry: ScenarioEntry): Promise<string> {
  if (entry.local) return entry.local.text;
  const path = `./scenarios/${entry.group}/${entry.id}/${entry.id}.toml`;
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: the server answered ${answer.status}.`);
  return answer.text();
}
