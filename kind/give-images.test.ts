// What is given to nodes and applied to a cluster, as docker, kind and kubectl are told.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { applyManifests } from './apply.ts';
import { giveImages } from './give-images.ts';
import type { WorkerImage } from './images.ts';
import { Kubectl } from './kubectl.ts';
import { ProgramError } from './program.ts';
import { FakePrograms } from './testing/fake-programs.ts';

const kubectl = new Kubectl('kind-sample', 'newsjet');
const KUBECTL = ['kubectl', '--context', 'kind-sample', '--namespace', 'newsjet'];
let programs: FakePrograms;

beforeAll(async () => {
  programs = await FakePrograms.create();
});
afterAll(() => programs.remove());
beforeEach(() => vi.stubEnv('PATH', programs.folder));
afterEach(async () => {
  vi.unstubAllEnvs();
  await programs.forget();
});

const callsOf = async (name: string): Promise<string[][]> =>
  (await programs.calls()).filter(([program]) => program === name);

describe('giveImages', () => {
  const image = (worker: string): WorkerImage => ({
    worker,
    name: `newsjet/${worker}:0.1.0`,
    contentName: `newsjet/${worker}:0.1.0-0123456789`,
    megabytes: 1,
  });
  const IMAGES = [image('rss-exporter'), image('news-creator')];
  const OTHERS = ['mongo:8.0', 'nats:2.15.2-alpine'];
  const files = [
    {
      name: 'all.yaml',
      manifests: [
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'p' },
          spec: {
            containers: [...IMAGES.map(({ contentName }) => contentName), ...OTHERS].map((each) => ({ image: each })),
          },
        },
      ],
    },
  ];

  /** Gives the images to a node that has some, from a machine that has some. */
  async function give(onNode: readonly string[], here: string): Promise<string[]> {
    const node = { kind: 'Node', metadata: {}, status: { images: [{ names: onNode }] } };
    await programs.add('kubectl', `echo '${JSON.stringify({ items: [node] })}'`);
    await programs.add('docker', `case "$*" in ${here}) exit 0;; esac`, 'echo "No such image" >&2', 'exit 1');
    await programs.add('kind', 'exit 0');
    const steps: string[] = [];
    await giveImages({ cluster: 'sample', kubectl, images: IMAGES, files, onStep: (line) => steps.push(line) });
    return steps;
  }

  it('loads those of ours under both names and what else this machine has; the nodes pull the rest', async () => {
    expect(await give([], '*mongo:8.0')).toEqual([
      'loading 3 images into the nodes',
      'the nodes pull nats:2.15.2-alpine',
    ]);
    expect(await callsOf('kind')).toEqual([
      [
        ...['kind', 'load', 'docker-image', '--name', 'sample'],
        ...IMAGES.flatMap(({ name, contentName }) => [name, contentName]),
        'mongo:8.0',
      ],
    ]);
  });

  it('gives nothing to nodes that have everything, and asks docker for nothing', async () => {
    const names = ['docker.io/newsjet/rss-exporter', 'docker.io/newsjet/news-creator'].map(
      (name) => `${name}:0.1.0-0123456789`,
    );
    expect(await give([...names, 'docker.io/library/mongo:8.0', 'docker.io/library/nats:2.15.2-alpine'], '*')).toEqual(
      [],
    );
    expect((await programs.calls()).map(([name]) => name)).toEqual(['kubectl']);
  });

  it('gives what has changed, though an older content has the same name and version', async () => {
    const older = ['docker.io/newsjet/rss-exporter:0.1.0', 'docker.io/newsjet/rss-exporter:0.1.0-9876543210'];
    const kept = ['docker.io/newsjet/news-creator:0.1.0-0123456789', 'docker.io/library/mongo:8.0'];
    expect(await give([...older, ...kept, 'docker.io/library/nats:2.15.2-alpine'], '*')).toEqual([
      'loading 1 image into the nodes',
    ]);
    expect((await callsOf('kind'))[0]?.slice(5)).toEqual([
      'newsjet/rss-exporter:0.1.0',
      'newsjet/rss-exporter:0.1.0-0123456789',
    ]);
  });
});

describe('applyManifests', () => {
  it('applies the whole directory to the named context, and tells what was not so already', async () => {
    const told = ['namespace/newsjet unchanged', 'deployment.apps/x configured', 'job.batch/old pruned'];
    await programs.add('kubectl', ...told.map((line) => `echo "${line}"`));
    expect(await applyManifests(kubectl, 'some/where', [])).toEqual(told.slice(1));
    const [call = []] = await programs.calls();
    expect(call.slice(0, 10)).toEqual([
      ...KUBECTL,
      ...['apply', '--filename', 'some/where', '--selector', 'app.kubernetes.io/part-of=newsjet'],
    ]);
    expect(call[10]).toBe('--prune');
  });

  it('removes what an earlier directory said, but never data, secrets or the namespace', async () => {
    await programs.add('kubectl', 'exit 0');
    await applyManifests(kubectl, 'some/where', []);
    const [call = []] = await programs.calls();
    const kinds = call
      .filter((argument) => argument.startsWith('--prune-allowlist='))
      .map((argument) => argument.split('/').at(-1));
    expect(kinds).toContain('Deployment');
    expect(kinds).toContain('Job');
    for (const kept of ['Secret', 'PersistentVolumeClaim', 'Namespace']) expect(kinds).not.toContain(kept);
  });

  it('makes our own kinds known before anything of them is applied', async () => {
    await programs.add('kubectl', 'echo "thing created"');
    await applyManifests(kubectl, 'some/where', [{ name: 'workerscalers.yaml', manifests: [] }]);
    const calls = (await programs.calls()).map((call) => call.join(' '));
    expect(calls).toEqual([
      expect.stringMatching(/ apply --filename some\/where\/crds$/),
      expect.stringMatching(/ wait --for condition=established .*--filename some\/where\/crds$/),
      expect.stringMatching(/ apply --filename some\/where .*=newsjet\.io\/v1alpha1\/WorkerScaler$/),
    ]);
  });

  it('fails with what kubectl said', async () => {
    await programs.add('kubectl', 'echo "error: the namespace is terminating" >&2', 'exit 1');
    const applying = applyManifests(kubectl, 'some/where', []);
    await expect(applying).rejects.toThrow(ProgramError);
    await expect(applying).rejects.toThrow('error: the namespace is terminating');
  });
});
