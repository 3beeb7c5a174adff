// Gets Prometheus and promtool where there are none: Debian's package, the official release, or a build with Go.
import { cp, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackDebianPackage } from './debian-package.ts';
import { DownloadError } from './download.ts';
import { releaseTarget, unpackRelease } from './release-archive.ts';
import {
  type Environment,
  findOnPath,
  isAtLeast,
  type Progress,
  readVersion,
  runTool,
  ToolFailedError,
} from './tool.ts';

/** The version that is downloaded or built; Debian's may be older. */
export const PROMETHEUS_VERSION = '3.16.0';
/** The oldest version that knows all that rules may use, `keep_firing_for` for example; Debian 12 has it. */
export const MINIMUM_PROMETHEUS_VERSION = '2.42.0';
/** Where the project publishes its releases. */
export const RELEASES_URL = 'https://github.com/prometheus/prometheus/releases/download';
/** The folder of the assets of the web page, which Debian's build is told of; others have theirs built in. */
export const WEB_ASSETS = 'web';
export const PROGRAMS = ['prometheus', 'promtool'] as const;

const VERSION_PATTERN = /\bversion (\d+\.\d+\.\d+)/;
const MODULE = 'github.com/prometheus/prometheus';
/** What Go's modules call 3.16.0. */
const MODULE_VERSION = 'v0.316.0';
/** Of all that it can discover targets in, Kubernetes is what we use; the rest is half of the build. */
const BUILD_TAGS = 'remove_all_sd,enable_kubernetes_sd';
const LINKER_FLAGS = `-s -w -X github.com/prometheus/common/version.Version=${PROMETHEUS_VERSION}`;

export interface InstallPrometheusOptions {
  /** An empty folder to work in. */
  readonly folder: string;
  readonly env: Environment;
  readonly progress: Progress;
  readonly releasesUrl: string;
  /** Whether building it, which takes minutes, is allowed. */
  readonly build: boolean;
}

type Way = (options: InstallPrometheusOptions, made: string) => Promise<void>;
const QUICK_WAYS: Readonly<Record<string, Way>> = { 'Debian package': fromDebian, 'release archive': fromRelease };
const ALL_WAYS: Readonly<Record<string, Way>> = { ...QUICK_WAYS, 'go install': fromGo };

/**
 * Puts both programs, and the page's assets if any, into the folder `made`.
 * @returns where they come from
 * @throws {ToolFailedError} saying why each way failed
 */
export async function installPrometheus(options: InstallPrometheusOptions): Promise<string> {
  const failures: string[] = [];
  for (const [origin, get] of Object.entries(options.build ? ALL_WAYS : QUICK_WAYS)) {
    const folder = join(options.folder, origin.replace(' ', '-'));
    const made = join(options.folder, 'made');
    await mkdir(folder);
    await mkdir(made, { recursive: true });
    try {
      await get({ ...options, folder }, made);
      return origin;
    } catch (error) {
      if (!(error instanceof ToolFailedError || error instanceof DownloadError)) throw error;
      failures.push(error.message);
      options.progress(error.message);
    }
  }
  throw new ToolFailedError(failures.join('; '));
}

/** The version of a program that is new enough. @throws {ToolFailedError} saying what is wrong with it */
export async function checkVersion(path: string, env: Environment): Promise<string> {
  const version = await readVersion(path, env, '--version', VERSION_PATTERN);
  if (version !== undefined && isAtLeast(version, MINIMUM_PROMETHEUS_VERSION)) return version;
  const what = version === undefined ? 'does not run' : `is version ${version}`;
  throw new ToolFailedError(`${path} ${what}, and ${MINIMUM_PROMETHEUS_VERSION} or newer is needed`);
}

async function fromDebian({ folder, env, progress }: InstallPrometheusOptions, made: string): Promise<void> {
  // Of what it depends on, the scripts and fonts of its page; the rest is for a service.
  const also = (dependency: string): boolean => /^(libjs|fonts)-/.test(dependency);
  const root = await unpackDebianPackage({ name: 'prometheus', also, folder, env, progress });
  for (const name of PROGRAMS) await checkVersion(join(root, 'usr/bin', name), env);
  for (const name of PROGRAMS) await rename(join(root, 'usr/bin', name), join(made, name));
  // Links lead to what the other packages brought; of that, the page asks for no source maps and no time zones' sources.
  const filter = (path: string): boolean => !/\.(map|json)$/.test(path);
  await cp(join(root, 'usr/share/prometheus/web'), join(made, WEB_ASSETS), {
    recursive: true,
    dereference: true,
    filter,
  });
}

async function fromRelease(options: InstallPrometheusOptions, made: string): Promise<void> {
  const { folder, env, progress, releasesUrl } = options;
  const name = `prometheus-${PROMETHEUS_VERSION}.${releaseTarget('Prometheus', 'armv7')}`;
  const base = `${releasesUrl}/v${PROMETHEUS_VERSION}`;
  progress(`downloading Prometheus ${PROMETHEUS_VERSION} from ${new URL(base).host}`);
  await unpackRelease({ base, archive: `${name}.tar.gz`, sums: 'sha256sums.txt' }, folder, env);
  for (const program of PROGRAMS) await rename(join(folder, name, program), join(made, program));
}

/** Without the web page, whose assets are not in the module. */
async function fromGo({ env, progress }: InstallPrometheusOptions, made: string): Promise<void> {
  const [go] = await findOnPath('go', env);
  if (go === undefined) throw new ToolFailedError('go is not on PATH, so Prometheus cannot be built');
  const flags = ['-trimpath', '-tags', BUILD_TAGS, '-ldflags', LINKER_FLAGS];
  await runTool(go, ['install', ...flags, ...PROGRAMS.map((name) => `${MODULE}/cmd/${name}@${MODULE_VERSION}`)], {
    env: { ...env, GOBIN: made, GOFLAGS: '', CGO_ENABLED: '0', GOGC: '400' },
    announce: `building Prometheus ${PROMETHEUS_VERSION} with go install, which takes some minutes the first time`,
    announceEveryMs: 15_000,
    timeoutMs: 15 * 60_000,
    progress,
  });
}
