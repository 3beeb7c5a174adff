import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCertificates, USAGE } from './command.ts';

let directory: string;
let definition: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'newsjet-certs-'));
  definition = join(directory, 'newsjet.yaml');
  await writeFile(
    definition,
    'sources:\n  programmez:\n    kind: rss\n    feeds:\n      - { url: https://feeds.example/a.rss, every: 3s }\n',
  );
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function run(...args: string[]): Promise<string[]> {
  const lines: string[] = [];
  await runCertificates(args, (line) => lines.push(line));
  return lines;
}

it('issues a certificate for every identity of the definition and prints an aligned table', async () => {
  const out = join(directory, 'certs');
  const [where, heading, ...rows] = await run('--out', out, definition);
  expect(where).toBe(`certificates in ${out}`);
  const columns = ['IDENTITY', 'EXPIRES', 'ACTION'].map((title) => (heading as string).indexOf(title));
  for (const row of rows) for (const column of columns) expect(row.slice(column - 2, column + 1)).toMatch(/^ {2}\S$/);
  expect(rows.find((row) => row.startsWith('CN=programmez-exporter '))).toMatch(
    /^CN=programmez-exporter +programmez-exporter +\d{4}-\d\d-\d\d +issued$/,
  );
  expect(rows.find((row) => row.startsWith('CN=Newsjet CA '))).toMatch(/ - +\d{4}-\d\d-\d\d +issued$/);
  expect(await readdir(out)).toContain('programmez-exporter.key');
  const again = await run('--out', out, definition);
  expect(again.slice(2).every((row) => row.endsWith(' kept'))).toBe(true);
});

it('says what is wrong with the definition, or that there is none', async () => {
  const broken = join(directory, 'broken.yaml');
  await writeFile(broken, 'sources:\n  Programmez: { kind: nonsense }\n');
  await expect(run(broken)).rejects.toThrow(/broken\.yaml/);
  await expect(run(join(directory, 'absent.yaml'))).rejects.toThrow(/absent\.yaml/);
});

it('explains its arguments', async () => {
  expect(await run('--help')).toEqual([USAGE]);
  await expect(run('--nonsense')).rejects.toThrow(/--nonsense/);
  await expect(run('a.yaml', 'b.yaml')).rejects.toThrow('usage:');
});
