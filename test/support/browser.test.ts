import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findChromium, MissingBrowserError } from './browser.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'newsjet-browser-'));
  await writeFile(join(directory, 'google-chrome'), '#!/bin/sh\n');
  await chmod(join(directory, 'google-chrome'), 0o755);
});
afterAll(() => rm(directory, { recursive: true }));

it('takes the one that CHROMIUM names', async () => {
  const path = join(directory, 'google-chrome');
  expect(await findChromium({ CHROMIUM: path, PATH: '' })).toBe(path);
});

it('refuses a CHROMIUM that is not there rather than take another', async () => {
  const found = findChromium({ CHROMIUM: '/nowhere/chromium', PATH: directory });
  await expect(found).rejects.toThrow(MissingBrowserError);
  await expect(found).rejects.toThrow('CHROMIUM is /nowhere/chromium, which is not a program that can be run');
});

it('finds one on PATH', async () => {
  expect(await findChromium({ PATH: `/nowhere:${directory}` }, [])).toBe(join(directory, 'google-chrome'));
});

it('says how to get one when there is none', async () => {
  await expect(findChromium({ PATH: '/nowhere' }, [])).rejects.toThrow(
    new MissingBrowserError(
      'no Chromium was found for the tests of the live page: apt-get install chromium, or set CHROMIUM to its path',
    ),
  );
});
