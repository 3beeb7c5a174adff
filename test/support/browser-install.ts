// Gets a Chromium for the tests where there is none: Debian's package as root, else the build that playwright-core pins.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findOnPath, type Progress, runTool } from '../../local/tool.ts';
import { findChromium, MissingBrowserError } from './browser.ts';
import { BROWSER_DIRECTORY, PROJECT_DIRECTORY } from './paths.ts';

/** Makes sure that findChromium finds one. Does nothing when it does already. */
export async function ensureChromium(progress: Progress): Promise<void> {
  try {
    await findChromium(process.env);
    return;
  } catch (error) {
    // A wrong $CHROMIUM is the user's to correct.
    if (!(error instanceof MissingBrowserError) || process.env.CHROMIUM) throw error;
  }
  if (process.getuid?.() === 0 && (await findOnPath('apt-get', process.env)).length > 0)
    await installDebianPackage(progress);
  else await installPinnedBuild(progress);
  await findChromium(process.env);
}

async function installDebianPackage(progress: Progress): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await runTool('apt-get', ['update', '-qq'], { env, progress, announce: 'looking for Debian’s package chromium' });
  await runTool('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
    env,
    progress,
    announce: 'installing Debian’s package chromium, for the tests of the page',
  });
}

async function installPinnedBuild(progress: Progress): Promise<void> {
  await mkdir(BROWSER_DIRECTORY, { recursive: true });
  const script = join(PROJECT_DIRECTORY, 'node_modules/playwright-core/cli.js');
  await runTool(process.execPath, [script, 'install', 'chromium-headless-shell'], {
    env: { ...process.env, PLAYWRIGHT_BROWSERS_PATH: BROWSER_DIRECTORY },
    progress,
    announce: 'downloading Chromium, for the tests of the page',
  });
}
