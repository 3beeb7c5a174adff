import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findOnPath, runTool } from '../../../local/tool.ts';
import { ApiServerNotFoundError, findApiServer, KUBERNETES_VERSION } from './binaries.ts';

const PLATFORM = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
const NOWHERE = 'http://127.0.0.1:1/envtest-releases.yaml';

let directory: string;
let server: Server;
let base: string;
let files: Map<string, Buffer>;
let lines: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'newsjet-binaries-'));
  files = new Map();
  lines = [];
  server = createServer((request, response) => {
    const file = files.get(request.url ?? '');
    response.writeHead(file ? 200 : 404).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

/** A folder with programs that say their version. */
async function programs(name: string, apiServer: string, etcd: string): Promise<string> {
  const folder = join(directory, name);
  await mkdir(folder, { recursive: true });
  for (const [file, says] of [
    ['kube-apiserver', `Kubernetes v${apiServer}`],
    ['etcd', `etcd Version: ${etcd}`],
  ] as const) {
    await writeFile(join(folder, file), `#!/bin/sh\necho '${says}'\n`);
    await chmod(join(folder, file), 0o755);
  }
  return folder;
}

/** Publishes an archive as the project does. @param sum of the index. @default the right one */
async function publish(version: string, sum?: string): Promise<void> {
  await programs('archive/controller-tools/envtest', version, '3.6.4');
  const name = `envtest-v${version}-${PLATFORM}.tar.gz`;
  const [tar] = (await findOnPath('tar', process.env)) as [string];
  const archive = join(directory, name);
  await runTool(tar, ['-czf', archive, '-C', join(directory, 'archive'), 'controller-tools'], { env: process.env });
  const content = await readFile(archive);
  files.set(`/${name}`, content);
  const hash = sum ?? createHash('sha512').update(content).digest('hex');
  const release = { [name]: { hash, selfLink: `${base}/${name}` } };
  const releases = { 'v1.34.0': {}, [`v${version}`]: release, 'v1.34.1': {}, 'v1.35.0': {} };
  files.set('/index.yaml', Buffer.from(JSON.stringify({ releases })));
}

/** Finds as on a machine with a shell and the usual tools, but without Go. */
async function find(
  env: { readonly KUBEBUILDER_ASSETS?: string; readonly folders?: readonly string[] } = {},
  url = NOWHERE,
) {
  const tools = join(directory, 'tools');
  await mkdir(tools, { recursive: true });
  const [tar] = (await findOnPath('tar', process.env)) as [string];
  const [gzip] = (await findOnPath('gzip', process.env)) as [string];
  for (const tool of [tar, gzip]) {
    await writeFile(join(tools, tool.split('/').at(-1) as string), `#!/bin/sh\nexec ${tool} "$@"\n`, { mode: 0o755 });
  }
  const { folders = [], ...rest } = env;
  return findApiServer({
    cacheDirectory: join(directory, 'cache'),
    progress: (line) => lines.push(line),
    env: { PATH: [...folders, tools].join(delimiter), ...rest },
    releasesUrl: url,
  });
}

describe('findApiServer', () => {
  it('takes those that it is told to take, and no others', async () => {
    const folder = await programs('assets', '1.34.1', '3.6.4');
    const found = { apiServer: join(folder, 'kube-apiserver'), etcd: join(folder, 'etcd') };
    expect(await find({ KUBEBUILDER_ASSETS: folder })).toEqual({ ...found, origin: '$KUBEBUILDER_ASSETS' });
    const old = await programs('old', '1.30.0', '3.5.0');
    await expect(find({ KUBEBUILDER_ASSETS: old, folders: [folder] })).rejects.toThrow(
      `KUBEBUILDER_ASSETS names ${old}, which has no kube-apiserver 1.33.0 and etcd 3.5.0 or newer that run`,
    );
  });

  it('takes those on PATH that are new enough', async () => {
    const old = await programs('old', '1.30.0', '3.4.0');
    const fit = await programs('fit', '1.33.0', '3.5.0');
    expect(await find({ folders: [old, fit] })).toMatchObject({
      apiServer: join(fit, 'kube-apiserver'),
      origin: 'PATH',
    });
  });

  it('downloads the published ones once', async () => {
    await publish('1.34.2');
    const found = await find({}, `${base}/index.yaml`);
    const folder = join(directory, 'cache', 'bin', `api-server-${KUBERNETES_VERSION}`);
    expect(found).toEqual({
      apiServer: join(folder, 'kube-apiserver'),
      etcd: join(folder, 'etcd'),
      origin: 'release archive',
    });
    expect(lines).toEqual([`downloading kube-apiserver 1.34.2 and etcd from ${new URL(base).host}`]);
    expect(await find()).toMatchObject({ origin: 'cache' });
  });

  it('takes nothing that is not what was published', async () => {
    await publish('1.34.2', '0'.repeat(128));
    await expect(find({}, `${base}/index.yaml`)).rejects.toThrow('it is not the file published');
  });

  it('says what was tried, and what to do', async () => {
    files.set('/index.yaml', Buffer.from('releases: {}'));
    const error = await find({}, `${base}/index.yaml`).catch((failure: Error) => failure);
    expect(error).toBeInstanceOf(ApiServerNotFoundError);
    expect((error as Error).message).toBe(
      `there is no usable kube-apiserver: none on PATH; ${base}/index.yaml lists no 1.34 for ${process.platform} on ` +
        `${process.arch}; go is not on PATH, so kube-apiserver cannot be built. To go on, set KUBEBUILDER_ASSETS to a folder ` +
        'with kube-apiserver and etcd, or install Go so that they can be built',
    );
    await expect(find()).rejects.toThrow(`cannot download ${NOWHERE}`);
  });
});

it('builds the version that it says', async () => {
  const pinned = await readFile(new URL('module/go.mod', import.meta.url), 'utf8');
  expect(pinned).toContain(`k8s.io/kubernetes v${KUBERNETES_VERSION}\n`);
});
