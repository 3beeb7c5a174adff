// Downloads the servers that the Kubernetes project publishes for tests, and checks them against the published sums.
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { DownloadError, downloadFile, downloadText } from '../../../local/download.ts';
import {
  type Environment,
  findOnPath,
  isAtLeast,
  type Progress,
  runTool,
  ToolFailedError,
} from '../../../local/tool.ts';

/** The index of all archives, with their checksums (SHA-512). */
export const ENVTEST_INDEX_URL =
  'https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml';

const MINOR = '1.34';
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

export interface EnvtestOptions {
  /** An empty folder, for `kube-apiserver` and `etcd`. */
  readonly folder: string;
  readonly env: Environment;
  readonly progress: Progress;
  /** @default ENVTEST_INDEX_URL */
  readonly releasesUrl?: string;
}

interface Index {
  readonly releases?: Readonly<
    Record<string, Readonly<Record<string, { readonly hash: string; readonly selfLink: string }>>>
  >;
}

/**
 * @throws {DownloadError} when they cannot be had or are not what was published
 * @throws {ToolFailedError} when they cannot be unpacked
 */
export async function fetchEnvtest({ folder, env, progress, releasesUrl }: EnvtestOptions): Promise<void> {
  const url = releasesUrl ?? ENVTEST_INDEX_URL;
  const index = parse(await downloadText(url, { env })) as Index | null;
  const version = newestOf(Object.keys(index?.releases ?? {}));
  const name = `envtest-v${version}-${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}.tar.gz`;
  const archive = index?.releases?.[`v${version}`]?.[name];
  if (version === undefined || !archive)
    throw new DownloadError(`${url} lists no ${MINOR} for ${process.platform} on ${process.arch}`);
  progress(`downloading kube-apiserver ${version} and etcd from ${new URL(archive.selfLink).host}`);
  const file = join(folder, name);
  await downloadFile(archive.selfLink, file, archive.hash, { env });
  const [tar] = await findOnPath('tar', env);
  if (tar === undefined) throw new ToolFailedError('tar is not on PATH, so the archive cannot be unpacked');
  await runTool(tar, ['-xzf', file, '-C', folder], { env });
  for (const path of await readdir(folder, { recursive: true })) {
    const program = ['kube-apiserver', 'etcd'].find((candidate) => path.endsWith(`/${candidate}`));
    if (program !== undefined) await rename(join(folder, path), join(folder, program));
  }
}

function newestOf(releases: readonly string[]): string | undefined {
  const versions = releases
    .map((release) => release.replace(/^v/, ''))
    .filter((version) => version.startsWith(`${MINOR}.`));
  return versions.reduce<string | undefined>(
    (best, version) => (best && isAtLeast(best, version) ? best : version),
    undefined,
  );
}
