// Downloads an archive of an official release, checks it against the published checksums, and unpacks it.
import { join } from 'node:path';
import { DownloadError, downloadFile, downloadText } from './download.ts';
import { type Environment, findOnPath, runTool, ToolFailedError } from './tool.ts';

export interface ReleaseArchive {
  /** Address of the folder that holds the archive and its checksums. */
  readonly base: string;
  /** Name of the archive, a `.tar.gz`. */
  readonly archive: string;
  /** Name of the file of SHA-256 sums, as `sha256sum` writes it. */
  readonly sums: string;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', s390x: 's390x' };
const PLATFORMS: readonly string[] = ['linux', 'darwin', 'freebsd'];

/**
 * What names of archives call this machine, such as `linux-amd64`.
 * @param program for messages
 * @param arm what the project calls 32 bits of ARM
 * @throws {DownloadError} when there is none for it
 */
export function releaseTarget(program: string, arm: 'arm7' | 'armv7'): string {
  const architecture = process.arch === 'arm' ? arm : ARCHITECTURES[process.arch];
  if (architecture === undefined || !PLATFORMS.includes(process.platform)) {
    throw new DownloadError(`${program} has no release archive for ${process.platform} on ${process.arch}`);
  }
  return `${process.platform}-${architecture}`;
}

/**
 * Unpacks a release into a folder.
 * @throws {DownloadError} when it cannot be had or is not what was published
 * @throws {ToolFailedError} when it cannot be unpacked
 */
export async function unpackRelease(release: ReleaseArchive, folder: string, env: Environment): Promise<void> {
  const { base, archive } = release;
  // The sums first: it is a short file, so that no network costs a few seconds only.
  const sums = await downloadText(`${base}/${release.sums}`, { env });
  const file = join(folder, archive);
  await downloadFile(`${base}/${archive}`, file, findChecksum(sums, release), { env });
  const [tar] = await findOnPath('tar', env);
  if (tar === undefined) throw new ToolFailedError('tar is not on PATH, so the release cannot be unpacked');
  await runTool(tar, ['-xzf', file, '-C', folder], { env });
}

function findChecksum(text: string, { archive, sums }: ReleaseArchive): string {
  for (const line of text.split('\n')) {
    const [sum, file] = line.trim().split(/\s+\*?/);
    if (file === archive && /^[0-9a-f]{64}$/i.test(sum ?? '')) return sum as string;
  }
  throw new DownloadError(`the published ${sums} names no ${archive}`);
}
