import { DiscardPolicy, type JetStreamClient, type JetStreamManager, type NatsConnection, RetentionPolicy } from 'nats';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { OBSERVER, TestCluster } from '../../test/support/cluster.ts';
import type { MessageSchema } from '../contract/messages.ts';
import { METRICS, type MetricSpec } from '../contract/metrics.ts';
import { HEADER } from '../contract/subjects.ts';
import { PoisonError, reasonOf, StoppingError, SupersededError } from './errors.ts';
import { jetStream } from './nats.ts';
import { type Publication, Publisher } from './publisher.ts';
import { type Line, recordingLog } from './testing/log.ts';
import { recreateStream } from './testing/streams.ts';

const DEFINITION = 'nats: { servers: 1 }\nsources: { s: { kind: rss, feeds: [{ url: https://a.example/rss }] } }';

const TYPE: MessageSchema = {
  subject: 'T',
  version: 3,
  description: 'A text',
  schema: { type: 'object', required: ['text'], properties: { text: { type: 'string' } }, additionalProperties: false },
};
const never = new AbortController().signal;
const SOON_MS = 20_000;

let cluster: TestCluster;
let connection: NatsConnection;
let manager: JetStreamManager;
let lines: Line[];
let publisher: Publisher;

const publication = (text: string, more: Partial<Publication> = {}): Publication => ({
  subject: 'T.a',
  type: TYPE,
  body: { text },
  messageId: text.slice(0, 50),
  ...more,
});
const stored = async (): Promise<number> => (await manager.streams.info('T')).state.messages;

function createPublisher(
  options: { maxBytes?: number; maxInFlight?: number; client?: JetStreamClient } = {},
): Publisher {
  const recording = recordingLog();
  lines = recording.lines;
  return new Publisher(options.client ?? jetStream(connection), {
    maxBytes: options.maxBytes ?? connection.info?.max_payload ?? 0,
    log: recording.log,
    registry: new Registry(),
    ...(options.maxInFlight === undefined ? {} : { maxInFlight: options.maxInFlight }),
  });
}

beforeAll(async () => {
  cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
  connection = await cluster.connect(OBSERVER.name);
  manager = await connection.jetstreamManager();
});
afterAll(() => cluster?.stop());

beforeEach(async () => {
  await recreateStream(manager, {
    name: 'T',
    subjects: ['T.*'],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_bytes: 1_000_000,
    max_msg_size: 500_000,
  });
  publisher = createPublisher();
});

describe('publish', () => {
  it('returns once the message is stored, with its schema, headers and id', async () => {
    const { duplicate, sequence } = await publisher.publish(publication('one', { headers: { Own: 'é' } }), never);
    expect(duplicate).toBe(false);
    const message = await manager.streams.getMessage('T', { seq: sequence });
    expect(message.json()).toEqual({ text: 'one' });
    expect(message.header.get(HEADER.schema)).toBe('T/3');
    expect(message.header.get('Own')).toBe('é');
    expect(message.header.get('Nats-Msg-Id')).toBe('one');
  });

  it('counts by the first two parts of a subject, and repetitions from 0 on', async () => {
    const registry = new Registry();
    const client = { publish: async () => ({ duplicate: false, seq: 1 }) } as unknown as JetStreamClient;
    const counting = new Publisher(client, { maxBytes: 100_000, log: recordingLog().log, registry });
    for (const subject of ['FEEDS.schedule.paper.one', 'FEEDS.schedule.paper.two', 'SOURCES.paper']) {
      await counting.publish(publication('one', { subject }), never);
    }
    const samples = async ({ name }: MetricSpec) =>
      (await registry.getSingleMetric(name)?.get())?.values.map(({ labels, value }) => [labels.subject, value]);
    expect(await samples(METRICS.published)).toEqual([
      ['FEEDS.schedule', 2],
      ['SOURCES.paper', 1],
    ]);
    expect(await samples(METRICS.publishRetries)).toEqual([
      ['FEEDS.schedule', 0],
      ['SOURCES.paper', 0],
    ]);
  });

  it('reports a duplicate', async () => {
    const { sequence } = await publisher.publish(publication('one'), never);
    expect(await publisher.publish(publication('one'), never)).toEqual({ duplicate: true, sequence });
    expect(await stored()).toBe(1);
  });

  it('refuses as poison what breaks its schema, naming the path', async () => {
    const error = await publisher.publish(publication('', { body: { text: 7 } }), never).catch((reason) => reason);
    expect(error).toBeInstanceOf(PoisonError);
    expect(reasonOf(error)).toBe("can't publish to T.a: not a valid T/3 message: /text must be string");
    expect(await stored()).toBe(0);
  });

  it('publishes on a condition only while it holds', async () => {
    await publisher.publish(publication('one'), never);
    const { last_seq: sequence } = (await manager.streams.info('T')).state;
    await publisher.publish(publication('two', { after: { subject: 'T.a', sequence } }), never);
    const late = publisher.publish(publication('three', { after: { subject: 'T.a', sequence } }), never);
    await expect(late).rejects.toBeInstanceOf(SupersededError);
    expect(await stored()).toBe(2);
  });

  it('refuses as poison what the server would not carry, and stays connected', async () => {
    const small = createPublisher({ maxBytes: 20_000 });
    await expect(small.publish(publication('x'.repeat(5_000)), never)).rejects.toThrow(
      "can't publish to T.a: 5011 bytes, the limit is 3616",
    );
    expect(await stored()).toBe(0);
  });

  it('refuses as poison what is too large for the stream, or has headers that are', async () => {
    const large = publisher.publish(publication('x'.repeat(600_000)), never);
    await expect(large).rejects.toBeInstanceOf(PoisonError);
    const headers = { Long: 'x'.repeat(70_000) };
    const headed = publisher.publish(publication('one', { headers }), never);
    await expect(headed.catch(reasonOf)).resolves.toMatch(
      /^JetStream refuses the message for T\.a: header size exceeds/,
    );
    await expect(publisher.publish(publication('one'), never)).resolves.toBeDefined();
  });

  it('keeps trying while the stream is full, and goes through once there is room', async () => {
    const text = 'x'.repeat(300_000);
    for (const first of ['a', 'b', 'c']) await publisher.publish(publication(first + text), never);
    const waiting = ['d', 'e', 'f'].map((first) => publisher.publish(publication(first + text), never));
    const refused = (): boolean => lines.some(({ msg }) => msg === 'not confirmed, publishing again');
    await waitFor('a refusal', SOON_MS, refused);
    expect(await stored()).toBe(3);
    expect(lines.at(-1)).toMatchObject({ subject: 'T.a', reason: 'maximum bytes exceeded' });
    await manager.streams.purge('T');
    await Promise.all(waiting);
    expect(await stored()).toBe(3);
  });

  it('says once a second that a full stream refuses, however many messages wait', async () => {
    await manager.streams.update('T', { max_msgs: 1 });
    await publisher.publish(publication('first'), never);
    const controller = new AbortController();
    const startedAtMs = performance.now();
    const outcomes = Array.from({ length: 500 }, (_, i) =>
      publisher.publish(publication(`more ${i}`), controller.signal),
    );
    // Every line but the first tells of the others since the last.
    const others = (): number => lines.reduce((sum, line) => sum + Number(line.others), 0);
    await waitFor('word of most of them', SOON_MS, () => others() > 400);
    controller.abort();
    await Promise.allSettled(outcomes);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.length).toBeLessThanOrEqual(1 + (performance.now() - startedAtMs) / 1_000);
  });

  it('gives up with StoppingError when the signal aborts', async () => {
    await manager.streams.delete('T');
    const controller = new AbortController();
    const outcome = publisher.publish(publication('one'), controller.signal);
    await waitFor('a failure', SOON_MS, () => lines.length > 0);
    controller.abort();
    await expect(outcome).rejects.toBeInstanceOf(StoppingError);
  });

  it('never has more in flight than its limit, and loses none that waits', async () => {
    const real = jetStream(connection);
    let inFlight = 0;
    let most = 0;
    const client = {
      publish: async (...parameters: Parameters<JetStreamClient['publish']>) => {
        most = Math.max(most, ++inFlight);
        return real.publish(...parameters).finally(() => inFlight--);
      },
    } as unknown as JetStreamClient;
    const limited = createPublisher({ client, maxInFlight: 7 });
    const invalid = publication('', { body: {} });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 200 }, (_, i) => limited.publish(i % 10 === 0 ? invalid : publication(`n ${i}`), never)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(180);
    expect(most).toBe(7);
    expect(await stored()).toBe(180);
  });
});
