import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ForeignFileError, writeManifests, writeSynthesis } from './manifest-directory.ts';
import { HEADER, type ManifestFile } from './synthesis.ts';

const file = (name: string, data: string): ManifestFile => ({
  name,
  manifests: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { data } }],
});

describe('writeManifests', () => {
  let parent: string;
  let directory: string;
  const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8');

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'newsjet-manifests-'));
    directory = join(parent, 'charts');
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  it('makes the directory and its files', async () => {
    const changes = await writeManifests(directory, [file('00-a.yaml', 'x'), file('10-b.yaml', 'y')]);
    expect(changes).toEqual({ written: ['00-a.yaml', '10-b.yaml'], removed: [] });
    expect(await read('00-a.yaml')).toBe(
      `${HEADER}\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  data: x\n`,
    );
  });

  it('touches only what differs', async () => {
    await writeManifests(directory, [file('00-a.yaml', 'x'), file('10-b.yaml', 'y')]);
    const before = await stat(join(directory, '00-a.yaml'));
    const changes = await writeManifests(directory, [file('00-a.yaml', 'x'), file('10-b.yaml', 'z')]);
    expect(changes).toEqual({ written: ['10-b.yaml'], removed: [] });
    expect((await stat(join(directory, '00-a.yaml'))).mtimeMs).toBe(before.mtimeMs);
    expect(await read('10-b.yaml')).toContain('data: z');
  });

  it('removes what an earlier synthesis left, and nothing of others', async () => {
    await writeManifests(directory, [file('00-a.yaml', 'x'), file('10-b.yaml', 'y')]);
    await Promise.all([
      writeFile(join(directory, 'README.md'), 'mine'),
      writeFile(join(directory, 'mine.yaml'), 'kind: Mine\n'),
      mkdir(join(directory, 'folder.yaml')),
    ]);
    const changes = await writeManifests(directory, [file('00-a.yaml', 'x')]);
    expect(changes).toEqual({ written: [], removed: ['10-b.yaml'] });
    expect((await readdir(directory)).sort()).toEqual(['00-a.yaml', 'README.md', 'folder.yaml', 'mine.yaml']);
  });

  it('puts the kinds that come first into a folder, and needs none where there are none', async () => {
    const files = [file('00-a.yaml', 'x')];
    const first = await writeSynthesis(directory, { files, definitions: [file('things.yaml', 'y')] });
    expect(first).toEqual({ written: ['00-a.yaml', 'crds/things.yaml'], removed: [] });
    expect(await read('crds/things.yaml')).toContain('data: "y"');
    const second = await writeSynthesis(directory, { files, definitions: [] });
    expect(second).toEqual({ written: [], removed: ['crds/things.yaml'] });
    const other = join(parent, 'other');
    await writeSynthesis(other, { files, definitions: [] });
    expect(await readdir(other)).toEqual(['00-a.yaml']);
  });

  it('writes nothing over what it did not write', async () => {
    await mkdir(directory);
    await writeFile(join(directory, '10-b.yaml'), 'kind: Mine\n');
    const writing = writeManifests(directory, [file('00-a.yaml', 'x'), file('10-b.yaml', 'y')]);
    await expect(writing).rejects.toThrow(ForeignFileError);
    expect(await readdir(directory)).toEqual(['10-b.yaml']);
    expect(await read('10-b.yaml')).toBe('kind: Mine\n');
  });
});
