// Hands the scenario files to the page as static files. The folders are the list: a folder more or
// less changes what the page offers and never whether it builds.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import type { Plugin } from 'vite';
import type { ScenarioEntry } from '../src/engine/scenarios.ts';

/** One file to serve: its address under the page, and its bytes. */
interface StaticFile {
  path: string;
  body: Buffer | string;
}

/** What the page fetches for the scenarios in `root`: the list, the files, the calibration records.
 * The list says which of them have a recorded run in the folder `recorded`. */
export function collect(root: string, recorded: string): StaticFile[] {
  const entries: ScenarioEntry[] = [];
  const files: StaticFile[] = [];
  for (const group of folders(root)) {
    for (const id of folders(join(root, group))) {
      // A variant that benches time poses no question to a visitor.
      if (id.endsWith('_bench')) continue;
      const folder = join(root, group, id);
      const file = join(folder, `${id}.toml`);
      if (!existsSync(file)) continue;
      const body = readFileSync(file);
      files.push({ path: `scenarios/${group}/${id}/${id}.toml`, body });
      const record = join(folder, 'calibration.json');
      const calibration = existsSync(record);
      if (calibration) {
        files.push({
          path: `scenarios/${group}/${id}/calibration.json`,
          body: readFileSync(record),
        });
      }
      entries.push({
        id,
        group,
        calibration,
        effect: existsSync(join(recorded, `${id}.json`)),
        hashes: existsSync(join(recorded, `${id}.hashes.json`)),
        ...question(body.toString('utf8'), id),
      });
    }
  }
  const key = ({ group, id }: ScenarioEntry): string => `${group}/${id}`;
  entries.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  files.push({ path: 'scenarios/index.json', body: JSON.stringify(entries) });
  return files;
}

/** Title and question of a file, for the time before the engine is up. */
function question(text: string, id: string): { title: string; asks: string } {
  const name = id.replaceAll('_', ' ');
  try {
    const table = parse(text).question as Record<string, unknown> | undefined;
    return { title: String(table?.title ?? name), asks: String(table?.asks ?? '') };
  } catch {
    // The engine says what is wrong with the file, better than this reader could.
    return { title: name, asks: '' };
  }
}

function folders(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((name) => statSync(join(root, name)).isDirectory() && !name.startsWith('.'))
    .sort();
}

/** The vite plugin: serves the files in development, writes them at build. */
export function scenarios(root: string, recorded: string): Plugin {
  return {
    name: 'commonweal-scenarios',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = (request.url ?? '').split('?')[0]?.replace(/^\//, '');
        const found = collect(root, recorded).find((file) => file.path === path);
        if (!found) return next();
        response.setHeader(
          'Content-Type',
          found.path.endsWith('.json') ? 'application/json' : 'text/plain; charset=utf-8',
        );
        response.end(found.body);
      });
    },
    generateBundle() {
      for (const { path, body } of collect(root, recorded)) {
        this.emitFile({ type: 'asset', fileName: path, source: body });
      }
    },
  };
}
