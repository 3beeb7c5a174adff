// The tags of images, and the versions that name them.
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VERSIONS, workerImage } from '../cdk8s/versions.ts';
import { imagesOf, versionsByContent } from './image-set.ts';
import { contentTag } from './images.ts';

let directory: string;
const file = (name: string): string => join(directory, name);
const tagOf = (folder: string): Promise<string> => contentTag(file(folder), file('Dockerfile'));

async function writeBundle(folder: string): Promise<void> {
  await mkdir(file(`${folder}/page`), { recursive: true });
  await writeFile(file(`${folder}/main.mjs`), 'run();');
  await writeFile(file(`${folder}/page/index.html`), '<p>');
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'newsjet-images-'));
  await writeFile(file('Dockerfile'), 'FROM node');
  await writeBundle('a');
});
afterEach(() => rm(directory, { recursive: true }));

describe('contentTag', () => {
  it('is the same for the same content, wherever it is', async () => {
    await writeBundle('elsewhere/b');
    const tag = await tagOf('a');
    expect(tag).toMatch(/^[0-9a-f]{10}$/);
    expect(await tagOf('a')).toBe(tag);
    expect(await tagOf('elsewhere/b')).toBe(tag);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a file', () => writeFile(file('a/main.mjs'), 'ran();')],
    ['a file in a folder', () => writeFile(file('a/page/index.html'), '<b>')],
    ["a file's name", () => rename(file('a/main.mjs'), file('a/index.mjs'))],
    ["a file's folder", () => rename(file('a/page'), file('a/pages'))],
    ['how many files there are', () => writeFile(file('a/empty'), '')],
    ['where one file ends and the next begins', () => writeFile(file('a/main.mjs'), 'run();page/index.html 3\n<p>')],
    ['the Dockerfile', () => writeFile(file('Dockerfile'), 'FROM node:24')],
  ])('changes with %s', async (_, change) => {
    const before = await tagOf('a');
    await change();
    expect(await tagOf('a')).not.toBe(before);
  });
});

describe('versionsByContent', () => {
  it('names what was built by its content, and leaves the rest as it is', () => {
    const contentName = 'newsjet/rss-exporter:0.1.0-0123456789';
    const image = { worker: 'rss-exporter', name: 'newsjet/rss-exporter:0.1.0', contentName, megabytes: 1 };
    const versions = versionsByContent(VERSIONS, [image]);
    expect(workerImage(versions, 'rss-exporter')).toBe(contentName);
    expect(workerImage(versions, 'news-creator')).toBe(workerImage(VERSIONS, 'news-creator'));
    expect(versions.images).toEqual(VERSIONS.images);
    expect(VERSIONS.workers.tags).toBeUndefined();
  });
});

describe('imagesOf', () => {
  it('finds every image once, in order', () => {
    const manifest = (image: string) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x' },
      spec: { template: { spec: { containers: [{ image }], initContainers: [{ image: 'a:1' }] } } },
    });
    const files = [
      { name: '1', manifests: [manifest('b:1'), manifest('c:1')] },
      { name: '2', manifests: [manifest('b:1')] },
    ];
    expect(imagesOf(files)).toEqual(['a:1', 'b:1', 'c:1']);
  });
});
