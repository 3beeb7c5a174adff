// Polls that are overtaken while they are under way: by a changed definition, by a removed feed, by somebody else's schedule.
import type { ServerResponse } from 'node:http';
import { headers } from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Child } from '../../local/child.ts';
import { waitFor } from '../../local/wait.ts';
import { dueSubject, scheduleSubject } from '../../workers/contract/subjects.ts';
import { type LocalServer, startServer } from '../../workers/rss-exporter/testing/local-server.ts';
import { TestCluster } from '../support/cluster.ts';

const SOON_MS = 60_000;
const RSS = '<rss version="2.0"><channel><title>t</title><item><title>as ever</title></item></channel></rss>';

let server: LocalServer;
let cluster: TestCluster;
let exporter: Child;
/** Requests that are kept waiting, by path. */
const held = new Map<string, ServerResponse>();

/** Another host for requests that are kept waiting, because an exporter makes only two at once to each. */
const url = (path: string): string =>
  server.url(path).replace('127.0.0.1', path.startsWith('/held/') ? 'localhost' : '127.0.0.1');

const definition = (feeds: Record<string, string>): string => `
sources:
  alpha:
    kind: rss
    allowPrivateAddresses: true
    feeds:
${Object.entries(feeds)
  .map(([name, path]) => `      - { name: ${name}, url: '${url(path)}', every: 1s }`)
  .join('\n')}
  beta: { kind: rss, feeds: [{ url: 'https://beta.example/rss', every: 1h, name: one }] }
`;
const bootstrap = async (feeds: Record<string, string>): Promise<void> => {
  const { exit, output } = await cluster.bootstrap(definition(feeds));
  expect(exit.code, output).toBe(0);
};
const requests = (path: string): number => server.requests.filter((request) => request.path === path).length;
const polledAgain = async (path: string, times = 2): Promise<void> => {
  const before = requests(path);
  await waitFor(`${times} more polls of ${path}`, SOON_MS, () => requests(path) >= before + times);
};

beforeAll(async () => {
  server = await startServer((request, response) => {
    if (request.url?.startsWith('/held/') && !held.has(request.url)) held.set(request.url, response);
    else response.end(RSS);
  });
  cluster = await TestCluster.start(definition({ changing: '/held/old', leaving: '/held/leaving', steady: '/steady' }));
  await bootstrap({ changing: '/held/old', leaving: '/held/leaving', steady: '/steady' });
  exporter = cluster.startDeclared('alpha-exporter', {});
  await waitFor('two polls under way', SOON_MS, () => held.size === 2);
});
afterAll(async () => {
  await exporter?.stop(20_000);
  await cluster?.stop();
  await server?.close();
});

it('lets a changed address and a removal stand that come while a poll is under way', async () => {
  await bootstrap({ changing: '/new', steady: '/steady' });
  await waitFor('the new address is polled', SOON_MS, () => requests('/new') > 0);
  for (const response of held.values()) response.end(RSS);
  await polledAgain('/new');
  await polledAgain('/steady');
  expect(requests('/held/old')).toBe(1);
  expect(requests('/held/leaving')).toBe(1);
});

it('goes on with a feed whose due poll somebody else’s schedule took the place of', async () => {
  await polledAgain('/steady');
  const beta = (await cluster.connect('beta-exporter')).jetstream({ checkAPI: false });
  const all = headers();
  all.set('Nats-Schedule', `@at ${new Date().toISOString()}`);
  all.set('Nats-Schedule-Target', dueSubject('alpha', 'steady'));
  const poll = { source: 'alpha', feed: 'steady', url: server.url('/rogue'), everyMs: 1_000 };
  // Many times, so that it meets the feed between two polls as well as during one.
  for (let n = 0; n < 10; n++) {
    await beta.publish(scheduleSubject('beta', `rogue-${n}`), JSON.stringify(poll), { headers: all });
    await polledAgain('/steady', 1);
  }
  await polledAgain('/steady');
  expect(requests('/rogue')).toBe(0);
});
