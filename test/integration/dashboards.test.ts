// Dashboards over a running pipeline: a real Prometheus that scrapes every worker and the operator has an answer to each query.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dashboards } from '../../cdk8s/dashboards/dashboards.ts';
import { type PlacedQuery, problemOf, queriesOf } from '../../cdk8s/dashboards/testing/panels.ts';
import { prometheusRules } from '../../cdk8s/rules/rules.ts';
import { propsOf } from '../../cdk8s/testing/manifests.ts';
import { freePorts } from '../../local/ports.ts';
import { type ScrapeTarget, workerLabels } from '../../local/prometheus-configuration.ts';
import { waitFor } from '../../local/wait.ts';
import { METRICS } from '../../workers/contract/metrics.ts';
import { OPERATOR, type Role } from '../../workers/contract/roles.ts';
import { type Newsroom, startNewsroom } from '../../workers/newsroom/server.ts';
import { ScalerBench } from '../../workers/operator/scalers/testing/scaler-bench.ts';
import { API_SERVER_TIMEOUT_MS } from '../support/api-server/shared.ts';
import { type TestPrometheus, testPrometheus } from '../support/prometheus.ts';
import { TestDatabase } from '../support/test-database.ts';

/** One feed is read, one is not there, and one is no feed: its document is a dead letter. */
const DEFINITION = `
sources:
  paper:
    kind: rss
    allowPrivateAddresses: true
    feeds:
      - { name: world, url: newsroom:/world.rss, every: 1s }
      - { name: absent, url: newsroom:/absent.rss, every: 1s }
      - { name: front-page, url: newsroom:/, every: 1s }
  posts: { kind: twitter, api: newsroom:/, rules: [{ value: '#newsroom', tag: newsroom }] }
`;
const SCRAPE_INTERVAL_MS = 1_000;
/** Some scrapes. */
const RATE_INTERVAL = '30s';
const UP_TIMEOUT_MS = 60_000;
const ANSWERS_TIMEOUT_MS = 60_000;

const PROPS = propsOf(DEFINITION);
const BOARDS = dashboards(PROPS);

let newsroom: Newsroom;
let database: TestDatabase;
let bench: ScalerBench;
let prometheus: TestPrometheus;
let readerUrl: string;

beforeAll(async () => {
  [newsroom, database, bench] = await Promise.all([
    startNewsroom({ host: '127.0.0.1', port: 0, intervalMs: 100 }),
    TestDatabase.start(),
    ScalerBench.start(DEFINITION),
  ]);
  const { workers } = PROPS.topology;
  const ports = await freePorts(workers.length);
  const targets = workers.map(({ name, role }, index): ScrapeTarget => {
    bench.cluster.startDeclared(name, { ...environmentOf(role), HTTP_PORT: String(ports[index]) });
    return { address: `127.0.0.1:${ports[index]}`, labels: workerLabels({ name, role }, `${name}-0`) };
  });
  const operator = await bench.startOperator();
  const labels = workerLabels({ name: OPERATOR, role: OPERATOR }, `${OPERATOR}-0`);
  readerUrl = `http://${targets[workers.findIndex(({ role }) => role === 'news-reader')]?.address}`;
  prometheus = await testPrometheus({
    targets: [...targets, { address: operator.address, labels }],
    rules: [prometheusRules(PROPS)],
    intervalMs: SCRAPE_INTERVAL_MS,
  });
  await prometheus.untilUp(targets.length + 1, UP_TIMEOUT_MS);
}, API_SERVER_TIMEOUT_MS);
afterAll(async () => {
  await prometheus?.stop();
  await bench?.stop();
  await Promise.all([database?.stop(), newsroom?.close()]);
});

/** What a worker is told beside what the topology says. */
function environmentOf(role: Role): Record<string, string> {
  switch (role) {
    case 'news-creator':
    case 'news-reader':
      return { MONGODB_URI: database.uri };
    case 'rss-exporter':
      return { NEWSROOM_URL: newsroom.url };
    case 'twitter-exporter':
      return { X_API_URL: newsroom.url, X_BEARER_TOKEN: 'newsroom' };
    case 'nats-monitor':
      return { SURVEY_INTERVAL_MS: String(SCRAPE_INTERVAL_MS) };
    default:
      return {};
  }
}

/** Somebody reads the news meanwhile: what nobody does has no duration. */
async function askForNews(): Promise<void> {
  const response = await fetch(`${readerUrl}/api/news`);
  await response.text();
}

describe.each(BOARDS.map((board) => [board.title, board] as const))('%s', (_, board) => {
  it('has an answer to every query, each series under a name of its own', async () => {
    let waiting: PlacedQuery[] = queriesOf([board], RATE_INTERVAL);
    expect(waiting.length).toBeGreaterThan(10);
    await waitFor(
      'an answer to every query',
      ANSWERS_TIMEOUT_MS,
      async () => {
        await askForNews();
        const problems = new Map<PlacedQuery, string>();
        for (const query of waiting) {
          const problem = problemOf(query, await prometheus.query(query.expr));
          if (problem !== undefined) problems.set(query, problem);
        }
        waiting = [...problems.keys()];
        if (waiting.length === 0) return true;
        throw new Error([...problems].map(([{ place, expr }, problem]) => `\n${place}: ${problem}: ${expr}`).join(''));
      },
      SCRAPE_INTERVAL_MS / 2,
    );
  });
});

describe('what went wrong', () => {
  it('is seen: the feed that is not there, and the document that is no feed', async () => {
    const failing = await prometheus.untilAny(`${METRICS.feedFailures.name} > 0`);
    expect(failing.map(({ labels }) => labels.feed)).toEqual(['absent']);
    const dead = await prometheus.untilAny(`${METRICS.deadLetters.name} > 0`);
    expect(dead.map(({ labels }) => [labels.consumer, labels.cause])).toEqual([['paper-consumer', 'unreadable']]);
    const kept = await prometheus.untilAny(`${METRICS.dlqMessages.name} > 0`);
    expect(kept.map(({ labels, value }) => [labels.consumer, value])).toEqual([['paper-consumer', 1]]);
  });

  it('is 0 where nothing did, so that there is a line to see it rise from', async () => {
    const silent = [METRICS.failures, METRICS.deadLetters, METRICS.dlqMessages].map(
      ({ name }) => `${name}{consumer="news-creator"}`,
    );
    for (const expr of [...silent, METRICS.publishRetries.name]) {
      // A publication that was repeated meanwhile, as on a busy machine, is a rise from that line.
      const series = await prometheus.untilAny(`min_over_time(${expr}[1h])`);
      expect(series.map(({ value }) => value)).toEqual(series.map(() => 0));
    }
  });
});
