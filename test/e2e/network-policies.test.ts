// Connections that nobody needs are tried, by strangers and by workers; those that are needed are tried, too.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterName, contextName } from '../../kind/kind-cluster.ts';
import { Kubectl } from '../../kind/kubectl.ts';
import { consumerName, exporterName, NEWS_CREATOR } from '../../workers/contract/roles.ts';
import { noteFigure } from './support/figures.ts';
import { SOURCE } from './support/scenario.ts';
import { reach, removeStrayPod, startStrayPod } from './support/stray-pod.ts';
import { Target } from './support/target.ts';

const OTHER_NAMESPACE = 'newsjet-e2e';
const WEB_PORT = 8000;
/** What is served inside, by whom. */
const SERVED = [
  { pod: 'nats-0', port: 4_222 },
  { pod: 'nats-0', port: 6_222 },
  { pod: 'nats-0', port: 8_222 },
  { pod: 'mongodb-0', port: 27_017 },
] as const;

let target: Target;
let elsewhere: Kubectl;
/** Addresses of pods, by name. */
const addresses = new Map<string, string>();

beforeAll(async () => {
  target = await Target.open();
  await target.ready();
  elsewhere = new Kubectl(contextName(clusterName()), OTHER_NAMESPACE);
  await elsewhere.run(['delete', 'namespace', OTHER_NAMESPACE, '--ignore-not-found', '--wait=true']);
  await elsewhere.run(['create', 'namespace', OTHER_NAMESPACE]);
  const image = await target.kubectl.run([
    ...['get', 'deployment', consumerName(SOURCE)],
    ...['--output', 'jsonpath={.spec.template.spec.containers[0].image}'],
  ]);
  // None of ours, and with no label of ours: one next door, one in another namespace, and a web server there.
  await Promise.all([
    startStrayPod(target.kubectl, { name: 'stray', image }),
    startStrayPod(elsewhere, { name: 'stray', image }),
    startStrayPod(elsewhere, { name: 'web', image, port: WEB_PORT }),
  ]);
  for (const kubectl of [target.kubectl, elsewhere]) {
    for (const { metadata, status } of await kubectl.list(['pods'])) addresses.set(metadata.name, status.podIP);
  }
});
afterAll(async () => {
  if (target) await removeStrayPod(target.kubectl, 'stray');
  await elsewhere?.run(['delete', 'namespace', OTHER_NAMESPACE, '--ignore-not-found', '--wait=true']);
  await target?.close();
});

const addressOf = (pod: string): string => addresses.get(pod) as string;
const podOf = async (worker: string): Promise<string> => (await target.pods(worker))[0]?.metadata.name as string;

describe('network policies', () => {
  it.each(SERVED)('keep strangers from $pod:$port', async ({ pod, port }) => {
    for (const kubectl of [target.kubectl, elsewhere]) {
      expect(await reach(kubectl, 'stray', addressOf(pod), port)).toBe('timed out');
    }
  });

  it('keep a consumer from a web server in another namespace, which others reach', async () => {
    const web = addressOf('web');
    expect(await reach(elsewhere, 'stray', web, WEB_PORT)).toBe('connected');
    expect(await reach(target.kubectl, await podOf(consumerName(SOURCE)), web, WEB_PORT)).toBe('timed out');
  });

  it('keep workers from what only others need', async () => {
    const consumer = await podOf(consumerName(SOURCE));
    const exporter = await podOf(exporterName(SOURCE));
    const attempts = [
      [consumer, addressOf('mongodb-0'), 27_017],
      [exporter, addressOf('mongodb-0'), 27_017],
      [consumer, addressOf('nats-0'), 6_222],
      [consumer, addressOf('nats-0'), 8_222],
      [await podOf(NEWS_CREATOR), addressOf('web'), WEB_PORT],
    ] as const;
    for (const [pod, host, port] of attempts) {
      expect({ pod, port, reach: await reach(target.kubectl, pod, host, port) }).toEqual({
        ...{ pod, port },
        reach: 'timed out',
      });
    }
    await noteFigure('policy_attempts_blocked', attempts.length + 2 * SERVED.length + 1);
  });

  it('let through what is needed', async () => {
    const needed = [
      [await podOf(consumerName(SOURCE)), 'nats', 4_222],
      [await podOf(NEWS_CREATOR), 'nats', 4_222],
      [await podOf(NEWS_CREATOR), 'mongodb', 27_017],
      [await podOf(exporterName(SOURCE)), 'newsroom', 8_700],
    ] as const;
    for (const [pod, host, port] of needed) {
      expect({ pod, host, reach: await reach(target.kubectl, pod, host, port) }).toEqual({
        ...{ pod, host },
        reach: 'connected',
      });
    }
  });
});
