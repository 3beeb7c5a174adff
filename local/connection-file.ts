// Where the servers of a run are, for commands that join it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SettingError } from './settings.ts';

/** The file of a state folder that says it. */
export const connectionFile = (stateDirectory: string): string => join(stateDirectory, 'connection.json');

/**
 * Addresses of the servers of the run in a state folder, or of the one before.
 * @throws {SettingError} when nothing ever ran there
 */
export async function natsUrlsOf(stateDirectory: string): Promise<readonly string[]> {
  try {
    const { natsUrls } = JSON.parse(await readFile(connectionFile(stateDirectory), 'utf8')) as { natsUrls: string[] };
    return natsUrls;
  } catch (error) {
    throw new SettingError('nothing runs here: start it with `make run` (and the same CONFIG) first', { cause: error });
  }
}
