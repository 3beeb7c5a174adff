import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAssets, MissingAssetError, readAssets, toAssets } from './assets.ts';
import { buildPage } from './page/build.mjs';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'newsjet-page-'));
  await buildPage(join(directory, 'page'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('the built page', () => {
  it('lies beside the bundle and is small', async () => {
    const assets = await loadAssets(pathToFileURL(join(directory, 'main.js')).href);
    expect([...assets.keys()].sort()).toEqual(['icon.svg', 'index.html', 'page.css', 'page.js', 'uPlot.esm.js']);
    expect(assets.get('page.js')?.type).toBe('text/javascript; charset=utf-8');
    const bytesOf = (files: Iterable<string>): number =>
      [...files].reduce((sum, name) => sum + (assets.get(name)?.body.byteLength ?? 0), 0);
    // The lines of the last hour are drawn when the page is there.
    expect(bytesOf(['icon.svg', 'index.html', 'page.css', 'page.js'])).toBeLessThan(60_000);
    expect(bytesOf(assets.keys())).toBeLessThan(120_000);
  });

  it('names nothing outside of itself', async () => {
    const assets = await readAssets(join(directory, 'page'));
    const addresses = [...assets.values()].flatMap(
      ({ body }) =>
        Buffer.from(body)
          .toString()
          .match(/https?:\/\/[^\s"'`]+/g) ?? [],
    );
    // A namespace, which nobody fetches.
    expect([...new Set(addresses)]).toEqual(['http://www.w3.org/2000/svg']);
  });
});

describe('a page that is not built', () => {
  it('is refused with what to do', async () => {
    const missing = join(directory, 'nowhere');
    await expect(readAssets(missing)).rejects.toThrow(
      new MissingAssetError(`the page is not built: cannot read ${missing}; run npm run build`),
    );
    expect(() => toAssets([['index.html', new Uint8Array()]], 'dist')).toThrow(
      'the page is not built: dist has no page.css, page.js, icon.svg; run npm run build',
    );
  });
});
