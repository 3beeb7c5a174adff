// Downloads the official release of nats-server and checks it against the published checksums.
import { join } from 'node:path';
import { DownloadError, downloadFile, downloadText } from './download.ts';
import { type Environment, findOnPath, type Progress, runTool, ToolFailedError } from './tool.ts';

/** Where the project publishes its releases. */
export const RELEASES_URL = 'https://github.com/nats-io/nats-server/releases/download';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm7', s390x: 's390x' };
const PLATFORMS: readonly string[] = ['linux', 'darwin', 'freebsd'];

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
  const name = releaseName(version);
  const archive = `${name}.tar.gz`;
  const base = `${options.releasesUrl}/v${version}`;
  progress(`downloading nats-server ${version} from ${new URL(base).host}`);
  // The sums first: it is a short file, so that no network costs a few seconds only.
  const sums = await downloadText(`${base}/SHA256SUMS`, { env });
  const file = join(folder, archive);
  await downloadFile(`${base}/${archive}`, file, findChecksum(sums, archive), { env });
  const [tar] = await findOnPath('tar', env);
  if (tar === undefined) throw new ToolFailedError('tar is not on PATH, so the release cannot be unpacked');
  await runTool(tar, ['-xzf', file, '-C', folder], { env });
  return join(folder, name, 'nats-server');
}

function releaseName(version: string): string {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined || !PLATFORMS.includes(process.platform)) {
    throw new DownloadError(`nats-server has no release archive for ${process.platform} on ${process.arch}`);
  }
  return `nats-server-v${version}-${process.platform}-${architecture}`;
}

function findChecksum(sums: string, archive: string): string {
  for (const line of sums.split('\n')) {
    const [sum, file] = line.trim().split(/\s+\*?/);
    if (file === archive && /^[0-9a-f]{64}$/i.test(sum ?? '')) return sum as string;
  }
  throw new DownloadError(`the published SHA256SUMS names no ${archive}`);
}
