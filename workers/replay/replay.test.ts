// Dead letters of a real cluster, put back by the job as a process.
import { headers, type JetStreamClient, type JetStreamManager, type NatsConnection } from 'nats';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OBSERVER, TestCluster } from '../../test/support/cluster.ts';
import { RAW_DOCUMENT, schemaHeader } from '../contract/messages.ts';
import { REPLAY } from '../contract/roles.ts';
import { HEADER } from '../contract/subjects.ts';
import { recordingLog } from '../runtime/testing/log.ts';
import { Replay } from './replay.ts';

const DEFINITION = 'sources: { a: { kind: rss, feeds: [https://a.example/rss] } }\nnats: { servers: 1 }';

describe('replay', () => {
  let cluster: TestCluster;
  let observer: NatsConnection;
  let client: JetStreamClient;
  let manager: JetStreamManager;

  beforeAll(async () => {
    cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
    const { exit, output } = await cluster.bootstrap();
    expect(exit, output).toEqual({ code: 0, signal: null });
    observer = await cluster.connect(OBSERVER.name);
    client = observer.jetstream();
    manager = await observer.jetstreamManager();
  });
  afterAll(() => cluster?.stop());
  beforeEach(async () => {
    await manager.streams.purge('DLQ');
    await manager.streams.purge('SOURCES');
  });

  /** Sets a message aside, as a worker would; returns its sequence in the DLQ. */
  async function setAside(body: string, subject = 'SOURCES.a', consumer = 'a-consumer'): Promise<number> {
    const all = headers();
    all.set(HEADER.schema, schemaHeader(RAW_DOCUMENT));
    all.set(HEADER.feed, 'front');
    all.set(HEADER.dlqStream, 'SOURCES');
    all.set(HEADER.dlqConsumer, consumer);
    all.set(HEADER.dlqSubject, subject);
    all.set(HEADER.dlqSequence, '7');
    all.set(HEADER.dlqDeliveries, '3');
    all.set(HEADER.dlqReason, 'it could not be read');
    all.set(HEADER.dlqTime, '1700000000000000000');
    const { seq } = await client.publish(`DLQ.SOURCES.${consumer}`, body, { headers: all });
    return seq;
  }

  async function replay(environment: Record<string, string>): Promise<{ code: number | null; output: string }> {
    const job = cluster.startWorker(REPLAY, REPLAY, { TIMEOUT_MS: '60000', ...environment });
    const { code } = await job.exited;
    return { code, output: job.lastLines(100) };
  }

  const count = async (stream: string): Promise<number> => (await manager.streams.info(stream)).state.messages;

  it('puts the letters that it is told of back as they were, and takes them out of the DLQ', async () => {
    const first = await setAside('one');
    const second = await setAside('two');
    const { code, output } = await replay({ SEQUENCE: `${second}` });
    expect(code, output).toBe(0);
    expect(await count('DLQ')).toBe(1);
    const message = await manager.streams.getMessage('SOURCES', { last_by_subj: 'SOURCES.a' });
    expect(message.string()).toBe('two');
    expect(message.header.get(HEADER.schema)).toBe(schemaHeader(RAW_DOCUMENT));
    expect(message.header.get(HEADER.feed)).toBe('front');
    expect(message.header.get(HEADER.replayOf)).toBe('7@1700000000000000000');
    expect([...message.header.keys()].filter((name) => name.startsWith('Newsjet-Dlq'))).toEqual([]);
    const left = await manager.streams.getMessage('DLQ', { seq: first });
    expect(left.string()).toBe('one');
  });

  it('puts back all of a consumer, and nothing of another', async () => {
    for (let n = 0; n < 45; n++) await setAside(`document ${n}`);
    const other = await setAside('of another', 'SOURCES.a', 'b-consumer');
    const { code, output } = await replay({ CONSUMER: 'a-consumer' });
    expect(code, output).toBe(0);
    expect(await count('SOURCES')).toBe(45);
    expect((await manager.streams.info('DLQ')).state).toMatchObject({ messages: 1, first_seq: other });
  });

  it('does what it can, and says what it can’t', async () => {
    const poll = await setAside('{}', 'FEEDS.due.a.front');
    const sound = await setAside('sound');
    const { code, output } = await replay({ SEQUENCE: `${poll},${sound},${sound + 1}` });
    expect(code).toBe(1);
    expect(output).toContain(`${poll} came from FEEDS.due.a.front: a poll needs no replay`);
    expect(output).toContain(`${sound + 1} is not in the DLQ`);
    expect([await count('SOURCES'), await count('DLQ')]).toEqual([1, 1]);
  });

  it('goes on when a letter makes room for others while it is put back', async () => {
    const [first, second] = [await setAside('one'), await setAside('two')];
    const publish: JetStreamClient['publish'] = async (...parameters) => {
      await manager.streams.purge('DLQ', { seq: first + 1 });
      return client.publish(...parameters);
    };
    const { log } = recordingLog();
    const tools = { connection: observer, client: { publish }, manager, log, signal: AbortSignal.timeout(60_000) };
    expect(await new Replay(tools).bySequence([first, second, second])).toEqual({ replayed: 2, left: [] });
    expect([await count('SOURCES'), await count('DLQ')]).toEqual([2, 0]);
  });

  it.each([
    [{}, 'say what to replay'],
    [{ SEQUENCE: '1', CONSUMER: 'a-consumer' }, 'say what to replay'],
    [{ SEQUENCE: 'twelve' }, 'SEQUENCE is "twelve": allowed: a whole number from 1'],
  ])('refuses %j', async (environment, message) => {
    const { code, output } = await replay(environment);
    expect(code).toBeGreaterThan(0);
    expect(output).toContain(message);
  });
});
