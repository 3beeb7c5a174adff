import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../local/ports.ts';
import { waitFor } from '../../local/wait.ts';
import { type Answer, Collector } from '../../test/support/collector.ts';
import { METRICS } from '../contract/metrics.ts';
import { readEnvironment } from './environment.ts';
import { MAX_HELD } from './otlp.ts';
import { openSpanExport, SPAN_OPTIONS, type SpanExport } from './span-export.ts';
import { recordingLog } from './testing/log.ts';
import { VERSION } from './version.ts';

const SOON_MS = 20_000;
const SECRET = 'hunter2';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name];
});

async function collector(answer?: Answer): Promise<Collector> {
  const started = await Collector.start(answer);
  ends.push(() => started.close());
  return started;
}

/** Opens an export as a worker of this environment would; the SDK reads the same variables. */
async function open(environment: Readonly<Record<string, string>>, graceMs = 20_000) {
  Object.assign(process.env, environment);
  const { log, lines } = recordingLog();
  const registry = new Registry();
  const settings = readEnvironment(process.env, SPAN_OPTIONS);
  const opened = await openSpanExport(settings, { worker: 'papers-consumer', log, registry, graceMs });
  if (opened) ends.push(() => opened.close());
  const lost = async (loss: string): Promise<number | undefined> => {
    const { values = [] } = (await registry.getSingleMetric(METRICS.spansLost.name)?.get()) ?? {};
    return values.find(({ labels }) => labels.loss === loss)?.value;
  };
  return { opened, lost, registry, warnings: () => lines.filter(({ level }) => level === 40) };
}

function tell({ spans }: SpanExport, count = 1): void {
  for (let index = 0; index < count; index++) spans.begin({ name: `step ${index}`, kind: 'client' }).end();
}

describe('the export of spans', () => {
  it('is not there where nobody collects them', async () => {
    const { opened, registry } = await open({});
    expect(opened).toBeUndefined();
    expect(await registry.getMetricsAsJSON()).toEqual([]);
  });

  it('refuses an address that is none', () => {
    for (const value of ['collector:4318', 'grpc://collector:4317', 'http://']) {
      expect(() => readEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: value }, SPAN_OPTIONS)).toThrow(
        `OTEL_EXPORTER_OTLP_ENDPOINT is ${JSON.stringify(value)}: allowed: an http or https address`,
      );
    }
  });

  it('tells who they are of, and what they are', async () => {
    const collecting = await collector();
    const { opened, lost, warnings } = await open({
      OTEL_EXPORTER_OTLP_ENDPOINT: collecting.endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${SECRET}`,
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=another',
    });
    const { spans } = opened as SpanExport;
    const before = Date.now();
    const parent = spans.begin({ name: 'process SOURCES.papers', kind: 'consumer' });
    const child = spans.begin({
      ...{ name: 'publish NEWS.received', kind: 'producer' },
      parent: { trace: parent.step, remote: true },
      attributes: { 'newsjet.sequence': 7, 'newsjet.duplicate': false },
    });
    child.link({ traceId: 'c0ffee00c0ffee00c0ffee00c0ffee01', spanId: 'feed00000000beef', flags: '01' });
    child.end();
    parent.fail(new Error('no feed'));
    parent.end();
    const [second, first] = await waitFor('two spans', SOON_MS, () =>
      collecting.spans.length === 2 ? collecting.spans : undefined,
    );
    expect(first).toMatchObject({
      name: 'process SOURCES.papers',
      kind: 'consumer',
      status: { code: 2, message: 'no feed' },
    });
    expect(first?.parentSpanId).toBeUndefined();
    expect(second).toMatchObject({
      name: 'publish NEWS.received',
      kind: 'producer',
      traceId: first?.traceId,
      parentSpanId: first?.spanId,
      attributes: { 'newsjet.sequence': 7, 'newsjet.duplicate': false },
      links: [{ traceId: 'c0ffee00c0ffee00c0ffee00c0ffee01', spanId: 'feed00000000beef' }],
      status: { code: 0 },
    });
    expect(first?.resource).toMatchObject({
      'service.name': 'papers-consumer',
      'service.version': VERSION,
      'service.instance.id': expect.stringMatching(`/${process.pid}$`),
      'deployment.environment.name': 'test',
    });
    const startMs = Number(BigInt(first?.startTimeUnixNano ?? 0) / 1_000_000n);
    expect(startMs).toBeGreaterThan(before - 1_000);
    expect(startMs).toBeLessThan(Date.now() + 1_000);
    expect(collecting.requests).toMatchObject([{ path: '/v1/traces', headers: { authorization: SECRET } }]);
    expect(await lost('refused')).toBe(0);
    expect(warnings()).toEqual([]);
  });

  it('takes the address of traces alone as it is', async () => {
    const collecting = await collector();
    const { opened } = await open({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collecting.endpoint}/otlp` });
    tell(opened as SpanExport);
    await (opened as SpanExport).close();
    // Sent at the end, and perhaps still on its way then: the end waits for so long and no longer.
    await waitFor('the span', SOON_MS, () => collecting.spans.length === 1);
    expect(collecting.requests.map(({ path }) => path)).toEqual(['/otlp']);
  });

  it('warns once of a collector that is away, counts what is lost, and keeps nobody waiting', async () => {
    const [port] = await freePorts(1);
    const { opened, lost, warnings } = await open({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${SECRET}`,
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
    });
    tell(opened as SpanExport);
    await waitFor('the first loss', SOON_MS, async () => (await lost('refused')) === 1);
    tell(opened as SpanExport, 2);
    await waitFor('the second loss', SOON_MS, async () => (await lost('refused')) === 3);
    expect(warnings()).toEqual([
      expect.objectContaining({
        msg: 'spans were not exported',
        spans: 1,
        reason: expect.stringContaining('ECONNREFUSED'),
      }),
    ]);
    expect(JSON.stringify(warnings())).not.toContain(SECRET);
  });

  it('holds so many and no more', async () => {
    // Never answers.
    const collecting = await collector(() => {});
    const { opened, lost, warnings } = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: collecting.endpoint }, 1_000);
    tell(opened as SpanExport, 512);
    await waitFor('a request', SOON_MS, () => collecting.spans.length === 512);
    tell(opened as SpanExport, MAX_HELD + 10);
    expect(await lost('full')).toBe(10);
    expect(warnings()).toMatchObject([{ spans: 1, reason: `${MAX_HELD} spans wait for the collector already` }]);
    // Its part of a grace period of a second, though the collector keeps it waiting for ever.
    const over = () => delay(1_000, 'a second is over', { ref: false });
    expect(await Promise.race([(opened as SpanExport).close(), over()])).toBeUndefined();
    expect(await lost('refused')).toBe(MAX_HELD + 512);
  });

  it('says what a collector that refuses them answers', async () => {
    const { endpoint } = await collector((response) => response.writeHead(401).end(SECRET));
    const { opened, lost, warnings } = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    tell(opened as SpanExport);
    await waitFor('the loss', SOON_MS, async () => (await lost('refused')) === 1);
    expect(warnings()).toMatchObject([{ reason: '401 Unauthorized' }]);
  });
});
