// Gets the official release of nats-server for this machine.
import { join } from 'node:path';
import { releaseTarget, unpackRelease } from './release-archive.ts';
import type { Environment, Progress } from './tool.ts';

/** Where the project publishes its releases. */
export const RELEASES_URL = 'https://github.com/nats-io/nats-server/releases/download';

export interface ReleaseOptions {
  /** An empty folder to work in. */
  readonly folder: string;
  /** Such as `2.15.2`. */
  readonly version: string;
  readonly releasesUrl: string;
  readonly env: Environment;
  readonly progress: Progress;
}

/**
 * Fetches the server for this machine.
 * @returns the path of the executable, in the folder given
 * @throws {DownloadError} when it cannot be had or is not what was published
 * @throws {ToolFailedError} when it cannot be unpacked
 */
export async function fetchRelease(options: ReleaseOptions): Promise<string> {
  const { folder, version, env, progress } = options;
  const name = `nats-server-v${version}-${releaseTarget('nats-server', 'arm7')}`;
  const base = `${options.releasesUrl}/v${version}`;
  progress(`downloading nats-server ${version} from ${new URL(base).host}`);
  await unpackRelease({ base, archive: `${name}.tar.gz`, sums: 'SHA256SUMS' }, folder, env);
  return join(folder, name, 'nats-server');
}
