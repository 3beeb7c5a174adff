// Prometheus reaches every pod of the pipeline, and through Grafana there is an answer to every query of every dashboard.
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dashboards } from '../../cdk8s/dashboards/dashboards.ts';
import { DATA_SOURCE_UID } from '../../cdk8s/dashboards/data-source.ts';
import { type PlacedQuery, panelsOf, problemOf, queriesOf } from '../../cdk8s/dashboards/testing/panels.ts';
import { GRAFANA_ADMIN_SECRET } from '../../cdk8s/secret-plan.ts';
import { DEFAULT_SETTINGS } from '../../cdk8s/settings.ts';
import { waitFor } from '../../local/wait.ts';
import { OPERATOR } from '../../workers/contract/roles.ts';
import { SCRAPE_JOB } from '../../workers/contract/scrape.ts';
import { noteFigure } from './support/figures.ts';
import { GRAFANA_URL, PAGE_URL, PROMETHEUS_URL, Target } from './support/target.ts';

/** Some scrapes, as Grafana computes it from the data source's interval. */
const RATE_INTERVAL = '1m';
const TARGETS_TIMEOUT_MS = 120_000;
/** Pods may have been started just now, and a rate wants two scrapes. */
const ANSWERS_TIMEOUT_MS = 180_000;
const PAUSE_MS = 2_000;

interface ActiveTarget {
  readonly labels: Readonly<Record<string, string>>;
  readonly health: string;
  readonly lastError: string;
}
interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [seconds: number, value: string];
}
interface FoundDashboard {
  readonly uid: string;
  readonly title: string;
}

let target: Target;
let authorization: string;
beforeAll(async () => {
  target = await Target.open();
  await target.ready();
  const { username, password } = await target.secret(GRAFANA_ADMIN_SECRET);
  authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
});
afterAll(() => target?.close());

/** @throws {Error} unless the answer is 200 */
async function get<T>(url: string, headers: Readonly<Record<string, string>> = {}): Promise<T> {
  const { statusCode, body } = await request(url, { headers });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${text.slice(0, 200)}`);
  return JSON.parse(text) as T;
}
const grafana = <T>(path: string): Promise<T> => get(`${GRAFANA_URL}/api/${path}`, { authorization });

/** Asks as a panel does. */
async function query(expr: string): Promise<{ labels: Readonly<Record<string, string>>; value: number }[]> {
  const path = `datasources/proxy/uid/${DATA_SOURCE_UID}/api/v1/query?query=${encodeURIComponent(expr)}`;
  const { data } = await grafana<{ data: { result: readonly Sample[] } }>(path);
  return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
}

/** The dashboards that Grafana has, in its own words. */
const provisioned = (found: readonly FoundDashboard[]) =>
  Promise.all(
    found.map(async ({ uid, title }) => {
      const { dashboard } = await grafana<{ dashboard: unknown }>(`dashboards/uid/${uid}`);
      return { uid, title, json: dashboard };
    }),
  );

describe('dashboards', () => {
  it('are fed by every pod', async () => {
    const expected = [...target.topology.workers.map(({ name }) => name), OPERATOR];
    const count = await waitFor(
      'Prometheus reaches every pod',
      TARGETS_TIMEOUT_MS,
      async () => {
        const { data } = await get<{ data: { activeTargets: readonly ActiveTarget[] } }>(
          `${PROMETHEUS_URL}/api/v1/targets?state=active`,
        );
        const ours = data.activeTargets.filter(({ labels }) => labels.job === SCRAPE_JOB);
        const pods = await Promise.all(expected.map((name) => target.pods(name)));
        const missing = expected.filter(
          (name, index) => ours.filter(({ labels }) => labels.worker === name).length !== pods[index]?.length,
        );
        const down = data.activeTargets.filter(({ health }) => health !== 'up');
        if (missing.length === 0 && down.length === 0) return data.activeTargets.length;
        const why = down.map(({ labels, lastError }) => `${labels.worker ?? labels.job}: ${lastError}`);
        throw new Error(`not as many targets as pods: ${missing.join()}; down: ${why.join()}`);
      },
      PAUSE_MS,
    );
    await noteFigure('prometheus_targets', count);
    expect(count).toBeGreaterThan(expected.length);
  });

  it('are in Grafana, as they are here', async () => {
    const found = await grafana<readonly FoundDashboard[]>('search?type=dash-db');
    const declared = dashboards({ topology: target.topology, settings: DEFAULT_SETTINGS });
    const byUid = (a: FoundDashboard, b: FoundDashboard): number => a.uid.localeCompare(b.uid);
    const names = ({ uid, title }: FoundDashboard) => ({ uid, title });
    expect([...found].sort(byUid).map(names)).toEqual([...declared].sort(byUid).map(names));
    const placed = queriesOf((await provisioned(found)).sort(byUid), RATE_INTERVAL);
    expect(placed).toEqual(queriesOf([...declared].sort(byUid), RATE_INTERVAL));
  });

  it('have an answer to every query', async () => {
    const boards = await provisioned(await grafana<readonly FoundDashboard[]>('search?type=dash-db'));
    let waiting: PlacedQuery[] = queriesOf(boards, RATE_INTERVAL);
    await noteFigure('dashboard_panels', boards.flatMap(panelsOf).length);
    await noteFigure('dashboard_queries', waiting.length);
    await waitFor(
      'an answer to every query',
      ANSWERS_TIMEOUT_MS,
      async () => {
        // Somebody reads the news meanwhile: what nobody does has no duration.
        await get(`${PAGE_URL}/api/news`);
        const problems = new Map<PlacedQuery, string>();
        for (const each of waiting) {
          const problem = problemOf(each, await query(each.expr));
          if (problem !== undefined) problems.set(each, problem);
        }
        waiting = [...problems.keys()];
        if (waiting.length === 0) return true;
        throw new Error([...problems].map(([{ place, expr }, problem]) => `\n${place}: ${problem}: ${expr}`).join(''));
      },
      PAUSE_MS,
    );
    expect(waiting).toEqual([]);
  });

  it('are for those who have the password', async () => {
    const { statusCode, body } = await request(`${GRAFANA_URL}/api/search`);
    await body.dump();
    expect(statusCode).toBe(401);
  });
});
