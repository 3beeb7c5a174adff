// Builds the page: a script with the charts apart, a style sheet, the document and the icon. Plain JavaScript, so that Node runs it as it is.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const SOURCE = fileURLToPath(new URL('.', import.meta.url));

/**
 * Builds the page in memory.
 * @returns {Promise<Map<string, Uint8Array>>} contents by file name
 */
export async function bundlePage() {
  const { outputFiles } = await build({
    entryPoints: [join(SOURCE, 'page.ts'), join(SOURCE, 'page.css')],
    outdir: SOURCE,
    bundle: true,
    // The charts are a file of their own, which is loaded after the page.
    splitting: true,
    chunkNames: '[name]',
    minify: true,
    write: false,
    format: 'esm',
    target: ['chrome109', 'firefox115', 'safari16'],
    charset: 'utf8',
    logLevel: 'warning',
    // The page's own settings say which types there are, nothing about what comes out.
    tsconfigRaw: {},
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [path.slice(SOURCE.length), contents]));
  for (const name of ['index.html', 'icon.svg']) files.set(name, await readFile(join(SOURCE, name)));
  return files;
}

/**
 * Builds the page into a directory, which is made if it is not there.
 * @param {string} outDirectory such as dist/workers/news-monitor/page
 */
export async function buildPage(outDirectory) {
  await mkdir(outDirectory, { recursive: true });
  for (const [name, contents] of await bundlePage()) await writeFile(join(outDirectory, name), contents);
}
