import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PrometheusStartError } from '../../local/prometheus-server.ts';
import { waitFor } from '../../local/wait.ts';
import { PrometheusQueryError, promtool, type TestPrometheus, testPrometheus } from './prometheus.ts';

const RULES = {
  groups: [
    {
      name: 'pages',
      rules: [
        { record: 'worker:pages:doubled', expr: '2 * pages_total' },
        { alert: 'ManyPages', expr: 'pages_total > 40', labels: { severity: 'info' } },
      ],
    },
  ],
};

let server: Server;
let prometheus: TestPrometheus;

beforeAll(async () => {
  server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end('# TYPE pages_total counter\npages_total{kind="new"} 42\npages_total{kind="old"} +Inf\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  prometheus = await testPrometheus({
    targets: [{ address, labels: { worker: 'printer', role: 'printer', instance: 'printer-0' } }],
    rules: [RULES],
  });
  await prometheus.untilUp(1);
});
afterAll(async () => {
  await prometheus?.stop();
  server.closeAllConnections();
  server.close();
});

const NEW = { worker: 'printer', role: 'printer', instance: 'printer-0', job: 'newsjet', kind: 'new' };

it('answers with what it scraped, under the labels of the target', async () => {
  const [found, ...others] = await prometheus.query('pages_total{kind="new"}');
  expect(others).toEqual([]);
  expect(found?.labels).toEqual({ __name__: 'pages_total', ...NEW });
  expect(found?.value).toBe(42);
  expect((await prometheus.query('pages_total{kind="old"}'))[0]?.value).toBe(Number.POSITIVE_INFINITY);
  expect(await prometheus.query('pages_total{kind="none"}')).toEqual([]);
});

it('answers with series over time, and with scalars', async () => {
  const points = await waitFor('two scrapes', 60_000, async () => {
    const [found] = await prometheus.query('pages_total{kind="new"}[1m]');
    return found && found.points.length > 1 && found.points;
  });
  expect(points.map(({ value }) => value)).toEqual(points.map(() => 42));
  expect(points.map(({ timeMs }) => timeMs)).toEqual(points.map(({ timeMs }) => timeMs).sort((a, b) => a - b));
  const [now] = await prometheus.query('time()');
  expect(Math.abs((now?.value ?? 0) * 1_000 - Date.now())).toBeLessThan(60_000);
  const toMs = points.at(-1)?.timeMs as number;
  const range = await prometheus.queryRange('sum(pages_total{kind="new"})', {
    fromMs: toMs - 2_000,
    toMs,
    stepMs: 1_000,
  });
  expect(range.map(({ labels, value }) => ({ labels, value }))).toEqual([{ labels: {}, value: 42 }]);
});

it('evaluates the rules', async () => {
  const [doubled] = await prometheus.untilAny('worker:pages:doubled{kind="new"}');
  expect(doubled?.value).toBe(84);
  const [alert] = await prometheus.untilAny('ALERTS{alertname="ManyPages", kind="new", alertstate="firing"}');
  expect(alert?.labels).toMatchObject({ ...NEW, severity: 'info' });
});

it('throws what Prometheus says of a bad query', async () => {
  const asked = prometheus.query('sum by (kind (pages_total)');
  await expect(asked).rejects.toThrow(PrometheusQueryError);
  await expect(asked).rejects.toThrow(/parse error: .*; the query was: sum by \(kind \(pages_total\)$/);
});

it('has promtool check files, and throws what that says', async () => {
  expect(await promtool(['check', 'config', join(prometheus.directory, 'prometheus.yaml')])).toMatch(/SUCCESS.*valid/);
  const wrong = join(prometheus.directory, 'wrong.yaml');
  await writeFile(wrong, 'scrape_configs: [{ job_nam: newsjet }]\n');
  await expect(promtool(['check', 'config', wrong])).rejects.toThrow('field job_nam not found');
});

it('says why it does not start', async () => {
  const started = testPrometheus({ configuration: { global: { scrape_interval: 'often' }, scrape_configs: [] } });
  await expect(started).rejects.toThrow(PrometheusStartError);
  await expect(started).rejects.toThrow('not a valid duration string');
});
