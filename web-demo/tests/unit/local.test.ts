import { describe, expect, it } from 'vitest';
import { command, dropped, type FileError, type Readable, read } from '../../src/engine/local.ts';

const file = (name: string, bytes: Uint8Array | string, size?: number): Readable => {
  const body = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  return {
    name,
    size: size ?? body.length,
    arrayBuffer: async () => body.slice().buffer as ArrayBuffer,
  };
};

const fault = async (given: Readable): Promise<string> =>
  read(given).then(
    () => 'read',
    (error: FileError) => error.fault,
  );

describe('a file of the visitor’s own', () => {
  it('is read whole, and has the id that it has on the command line', async () => {
    const text = '\uFEFF[question]\r\ntitle = "Größe"\n';
    const entry = await read(file('my.orchard.toml', text));
    expect(entry).toMatchObject({ id: 'my.orchard', effect: false, hashes: false });
    expect(entry.local).toEqual({ file: 'my.orchard.toml', text });
  });

  it('is refused with the reason where it is no scenario file', async () => {
    expect(await fault(file('picture.png', ''))).toBe('suffix');
    expect(await fault(file('a.toml', new Uint8Array([0x61, 0xff])))).toBe('text');
    expect(await fault(file('a.toml', '', 1048577))).toBe('size');
    expect(await fault(file('a.toml', '', 1048576))).toBe('read');
    const gone = { ...file('a.toml', ''), arrayBuffer: () => Promise.reject(new Error('gone')) };
    expect(await fault(gone)).toBe('unread');
  });

  it('is measured by a command that a shell reads as it is meant', () => {
    expect(command('boat_race')).toBe('commonweal run boat_race');
    expect(command('orchard.toml')).toBe('commonweal run orchard.toml');
    expect(command('my orchard.toml')).toBe('commonweal run "my orchard.toml"');
    expect(command('a"$(b)`.toml')).toBe('commonweal run "a\\"\\$(b)\\`.toml"');
    expect(command('-x.toml')).toBe('commonweal run ./-x.toml');
  });
});

/** What a browser hands over for files, and for a folder with these files in it. */
function transfer(files: string[], folder?: { name: string; holds: string[] }): DataTransfer {
  const getFile = (
    name: string,
    _: unknown,
    yes: (entry: unknown) => void,
    no: () => void,
  ): void => {
    if (!folder?.holds.includes(name)) no();
    else yes({ file: (give: (file: { name: string }) => void) => give({ name }) });
  };
  const entries = [
    ...files.map((name) => ({ name, isDirectory: false })),
    ...(folder ? [{ name: folder.name, isDirectory: true, getFile }] : []),
  ];
  return {
    items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })),
    files: entries.map(({ name }) => ({ name })),
  } as unknown as DataTransfer;
}

describe('what is dropped', () => {
  const name = async (given: DataTransfer): Promise<string> =>
    dropped(given).then(
      (file) => file.name,
      (error: FileError) => `${error.fault} ${error.file}`.trim(),
    );

  it('is the scenario among the files', async () => {
    expect(await name(transfer(['page.md', 'yard.toml']))).toBe('yard.toml');
    expect(await name(transfer(['page.md']))).toBe('suffix page.md');
    expect(await name(transfer([]))).toBe('none');
  });

  it('is the file of a folder that has its name, as on the command line', async () => {
    expect(await name(transfer([], { name: 'yard', holds: ['yard.toml', 'page.md'] }))).toBe(
      'yard.toml',
    );
    expect(await name(transfer([], { name: 'yard', holds: ['other.toml'] }))).toBe(
      'none yard.toml',
    );
    // A folder's name that ends so is no file.
    expect(await name(transfer([], { name: 'x.toml', holds: ['x.toml.toml'] }))).toBe(
      'x.toml.toml',
    );
  });
});
