// The files of the page, read once and kept in memory with their media types and entity tags.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Asset {
  readonly type: string;
  readonly body: Uint8Array;
  /** A strong entity tag, from the content. */
  readonly etag: string;
}

/** By file name, such as `page.js`; `index.html` is the page itself. */
export type Assets = ReadonlyMap<string, Asset>;

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

const REQUIRED = ['index.html', 'page.css', 'page.js', 'icon.svg'] as const;

/** The built page is not where it should be. */
export class MissingAssetError extends Error {
  override readonly name = 'MissingAssetError';
}

/**
 * Makes assets of files in memory; those of a type that the page has no use for are left out.
 * @param origin where they come from, for the message
 * @throws {MissingAssetError} naming the files that are not there
 */
export function toAssets(files: Iterable<readonly [string, Uint8Array]>, origin: string): Assets {
  const assets = new Map<string, Asset>();
  for (const [name, body] of files) {
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
    if (!type) continue;
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    assets.set(name, { type, body, etag });
  }
  const missing = REQUIRED.filter((name) => !assets.has(name));
  if (missing.length > 0) {
    throw new MissingAssetError(`the page is not built: ${origin} has no ${missing.join(', ')}; run npm run build`);
  }
  return assets;
}

/**
 * Reads the built page from a directory.
 * @throws {MissingAssetError} when the directory or one of its files is not there
 */
export async function readAssets(directory: string): Promise<Assets> {
  let names: string[];
  try {
    names = (await readdir(directory)).filter((name) => name.slice(name.lastIndexOf('.') + 1) in TYPES);
  } catch (cause) {
    throw new MissingAssetError(`the page is not built: cannot read ${directory}; run npm run build`, { cause });
  }
  const files = await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name))] as const));
  return toAssets(files, directory);
}

/**
 * Reads the built page from the folder `page` beside the running module, which is the worker's bundle.
 * @throws {MissingAssetError}
 */
export function loadAssets(module: string = import.meta.url): Promise<Assets> {
  return readAssets(fileURLToPath(new URL('page/', module)));
}
