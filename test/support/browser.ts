// A real headless Chromium for tests: found on this machine, started with a new temporary profile.
import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { BROWSER_DIRECTORY } from './paths.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

// Nothing that the browser does by itself may reach beyond the page under test.
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** There is no Chromium to test the page with. */
export class MissingBrowserError extends Error {
  override readonly name = 'MissingBrowserError';
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/**
 * Finds Chromium: `$CHROMIUM`, then its usual place, then its usual names on PATH, then what was downloaded for the project.
 * @param usual where distributions put it
 * @throws {MissingBrowserError} saying how to get one
 */
export async function findChromium(
  environment: Readonly<Record<string, string | undefined>>,
  usual: readonly string[] = ['/usr/bin/chromium'],
): Promise<string> {
  const chosen = environment.CHROMIUM;
  if (chosen) {
    if (await isExecutable(chosen)) return chosen;
    throw new MissingBrowserError(`CHROMIUM is ${chosen}, which is not a program that can be run; correct or unset it`);
  }
  const directories = (environment.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  const onPath = NAMES.flatMap((name) => directories.map((directory) => join(directory, name)));
  for (const path of [...usual, ...onPath, ...(await downloaded())]) if (await isExecutable(path)) return path;
  throw new MissingBrowserError(
    'no Chromium was found for the tests of the live page: apt-get install chromium, or set CHROMIUM to its path',
  );
}

/** Executables that playwright-core unpacked, whatever the platform calls them. */
async function downloaded(): Promise<string[]> {
  const entries = await readdir(BROWSER_DIRECTORY, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && /^(chrome-)?headless[-_]shell(\.exe)?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/**
 * Starts a headless Chromium; its profile is temporary and goes with `close()`.
 * @throws {MissingBrowserError}
 */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await findChromium(process.env), headless: true, args: ARGUMENTS });
}
