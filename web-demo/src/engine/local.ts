// A scenario file of the visitor's own: read here, kept nowhere, sent nowhere.

import type { ScenarioEntry } from './scenarios.ts';

/** Largest file that is read, as on the command line. */
const BYTES_MAX = 1 << 20;

/** Why a file is not shown; the page has a sentence for each. */
export type Fault = 'none' | 'suffix' | 'size' | 'text' | 'unread';

export class FileError extends Error {
  constructor(
    readonly fault: Fault,
    readonly file: string,
  ) {
    super(`${file}: ${fault}`);
    this.name = 'FileError';
  }
}

/** The part of a `File` that is read here. */
export interface Readable {
  readonly name: string;
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Reads a file into an entry that plays like a shipped one. Its id is its name without `.toml`, as on the command line. */
export async function read(file: Readable): Promise<ScenarioEntry> {
  const { name } = file;
  if (!name.endsWith('.toml')) throw new FileError('suffix', name);
  if (file.size > BYTES_MAX) throw new FileError('size', name);
  let bytes: ArrayBuffer;
  try {
    bytes = await file.arrayBuffer();
  } catch {
    // Moved, or written to since it was chosen.
    throw new FileError('unread', name);
  }
  let text: string;
  try {
    // With its byte order mark, if it has one: the engine is to see what the command line sees.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FileError('text', name);
  }
  return {
    id: name.slice(0, -'.toml'.length),
    group: '',
    title: name,
    asks: '',
    calibration: false,
    effect: false,
    hashes: false,
    local: { file: name, text },
  };
}

/** The scenario file of what was dropped: a `.toml`, or the one of a folder that has the folder's name. */
export async function dropped(transfer: DataTransfer): Promise<File> {
  // Both lists are emptied once the event is over: taken before anything is waited for.
  const folders = [...transfer.items]
    .map((item) => item.webkitGetAsEntry?.() ?? null)
    .filter((entry): entry is FileSystemDirectoryEntry => entry?.isDirectory ?? false);
  const files = [...transfer.files].filter(
    (file) => !folders.some((folder) => folder.name === file.name),
  );
  const toml = files.find((file) => file.name.endsWith('.toml'));
  if (toml) return toml;
  const [folder] = folders;
  if (!folder) {
    const [other] = files;
    throw other ? new FileError('suffix', other.name) : new FileError('none', '');
  }
  const wanted = `${folder.name}.toml`;
  return new Promise((resolve, reject) => {
    const missing = (): void => reject(new FileError('none', wanted));
    folder.getFile(
      wanted,
      {},
      (entry) => (entry as FileSystemFileEntry).file(resolve, missing),
      missing,
    );
  });
}

/** The command that measures what a rule changes: of a shipped scenario by its name, or of a file in the shell's folder. */
export function command(scenario: string): string {
  // What begins with a dash would be read as an option.
  const path = scenario.startsWith('-') ? `./${scenario}` : scenario;
  const quoted = /^[\w.,/-]+$/.test(path) ? path : `"${path.replaceAll(/["\\$`]/g, '\\$&')}"`;
  return `commonweal run ${quoted}`;
}
