// Dead letters, and reading stored messages: both against one real server.
import { AckPolicy, headers, type JetStreamManager, type JsMsg, type NatsConnection, RetentionPolicy } from 'nats';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { OBSERVER, TestCluster } from '../../test/support/cluster.ts';
import { HEADER } from '../contract/subjects.ts';
import { publishDeadLetter } from './dead-letter.ts';
import { DirectGetError, jsonOf, lastMessage, messagesFrom } from './direct-get.ts';
import { StoppingError } from './errors.ts';
import { jetStream } from './nats.ts';
import { recordingLog } from './testing/log.ts';
import { recreateStream } from './testing/streams.ts';

const DEFINITION = 'nats: { servers: 1 }\nsources: { s: { kind: rss, feeds: [{ url: https://a.example/rss }] } }';
const never = new AbortController().signal;
const SOON_MS = 20_000;

let cluster: TestCluster;
let connection: NatsConnection;
let manager: JetStreamManager;

beforeAll(async () => {
  cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
  connection = await cluster.connect(OBSERVER.name);
  manager = await connection.jetstreamManager();
});
afterAll(() => cluster?.stop());

beforeEach(async () => {
  await manager.streams.delete('DLQ').catch(() => {});
  await recreateStream(manager, {
    name: 'T',
    subjects: ['T.>'],
    retention: RetentionPolicy.Limits,
    allow_direct: true,
  });
});

describe('publishDeadLetter', () => {
  const addDlq = () => recreateStream(manager, { name: 'DLQ', subjects: ['DLQ.>'], allow_direct: true });
  const dlqSubject = 'DLQ.T.worker';

  async function deliver(own: Readonly<Record<string, string>>, body = '{"half": '): Promise<JsMsg> {
    const all = headers();
    for (const [name, value] of Object.entries(own)) all.append(name, value);
    await jetStream(connection).publish('T.a', body, { headers: all });
    await manager.consumers.add('T', { durable_name: 'worker', ack_policy: AckPolicy.Explicit });
    const message = await (await jetStream(connection).consumers.get('T', 'worker')).next({ expires: SOON_MS });
    if (!message) throw new Error('nothing was delivered');
    return message;
  }

  it('keeps body and headers, and says where it came from and why', async () => {
    await addDlq();
    const message = await deliver({ 'Nats-Schema': 'T/1', 'Newsjet-Feed': 'world' });
    await publishDeadLetter(jetStream(connection), message, 'not JSON', { log: recordingLog().log, signal: never });
    const letter = await lastMessage(connection, 'DLQ', dlqSubject);
    expect(Buffer.from(letter?.data ?? []).toString()).toBe('{"half": ');
    expect(
      Object.fromEntries([...(letter?.headers ?? [])].map(([name, values]) => [name, values.join()])),
    ).toMatchObject({
      [HEADER.schema]: 'T/1',
      [HEADER.feed]: 'world',
      [HEADER.dlqStream]: 'T',
      [HEADER.dlqConsumer]: 'worker',
      [HEADER.dlqSubject]: 'T.a',
      [HEADER.dlqSequence]: '1',
      [HEADER.dlqDeliveries]: '1',
      [HEADER.dlqReason]: 'not JSON',
    });
  });

  it('makes one line of the reason, whatever is in it, and not a long one', async () => {
    await addDlq();
    const message = await deliver({});
    const reason = `first\r\nInjected: yes\u0000\u2028é${'x'.repeat(5_000)}`;
    await publishDeadLetter(jetStream(connection), message, reason, { log: recordingLog().log, signal: never });
    const letter = await lastMessage(connection, 'DLQ', dlqSubject);
    expect(letter?.headers.get(HEADER.dlqReason)).toMatch(/^first Injected: yes éx+$/);
    expect(letter?.headers.get(HEADER.dlqReason)).toHaveLength(1_000);
    expect(letter?.headers.has('Injected')).toBe(false);
  });

  it('drops what the server would act upon, and replaces marks that were there before', async () => {
    await addDlq();
    const message = await deliver({ 'Nats-Msg-Id': 'original', [HEADER.dlqReason]: 'of another', Other: 'stays' });
    message.headers?.set('Nats-Rollup', 'all');
    message.headers?.set('Nats-Expected-Stream', 'T');
    await publishDeadLetter(jetStream(connection), message, 'own', { log: recordingLog().log, signal: never });
    const letter = await lastMessage(connection, 'DLQ', dlqSubject);
    expect(letter?.headers.has('Nats-Rollup')).toBe(false);
    expect(letter?.headers.has('Nats-Expected-Stream')).toBe(false);
    expect(letter?.headers.values('Nats-Msg-Id')).toEqual([expect.stringMatching(/^dlq:T:worker:1:\d+$/)]);
    expect(letter?.headers.values(HEADER.dlqReason)).toEqual(['own']);
    expect(letter?.headers.get('Other')).toBe('stays');
  });

  it('is one letter however often it is published', async () => {
    await addDlq();
    const message = await deliver({});
    for (const reason of ['first', 'second']) {
      await publishDeadLetter(jetStream(connection), message, reason, { log: recordingLog().log, signal: never });
    }
    expect((await manager.streams.info('DLQ')).state.messages).toBe(1);
  });

  it('waits for a DLQ that is not there, and gives up when the signal aborts', async () => {
    const message = await deliver({});
    const { log, lines } = recordingLog();
    const waiting = publishDeadLetter(jetStream(connection), message, 'late', { log, signal: never });
    await waitFor('a failure', SOON_MS, () => lines.length > 0);
    expect(lines[0]).toMatchObject({ subject: dlqSubject, reason: 'nobody answers (503)' });
    const controller = new AbortController();
    const abandoned = publishDeadLetter(jetStream(connection), message, 'late', { log, signal: controller.signal });
    controller.abort();
    await expect(abandoned).rejects.toBeInstanceOf(StoppingError);
    await addDlq();
    await waiting;
    expect((await lastMessage(connection, 'DLQ', dlqSubject))?.headers.get(HEADER.dlqReason)).toBe('late');
  });
});

describe('reading stored messages', () => {
  const publish = (subject: string, body: string) => jetStream(connection).publish(subject, body);

  it('gives the last message of a subject', async () => {
    const before = Date.now() - 1_000;
    await publish('T.a.x', '{"n":1}');
    await publish('T.a.x', '{"n":2}');
    await publish('T.b', '{"n":3}');
    const message = await lastMessage(connection, 'T', 'T.a.x');
    expect(message).toMatchObject({ subject: 'T.a.x', sequence: 2 });
    expect(jsonOf(message as NonNullable<typeof message>)).toEqual({ n: 2 });
    expect(message?.time.getTime()).toBeGreaterThan(before);
    expect(await lastMessage(connection, 'T', 'T.none')).toBeUndefined();
  });

  it('reads on from a sequence, batch after batch, with wildcards', async () => {
    for (let n = 1; n <= 25; n++) await publish(n % 2 ? `T.odd.${n}` : 'T.even', String(n));
    const read: number[] = [];
    const sizes: number[] = [];
    for (let sequence = 1; ; ) {
      const batch = await messagesFrom(connection, 'T', { sequence, subjects: 'T.odd.*', max: 5 });
      sizes.push(batch.length);
      if (batch.length === 0) break;
      read.push(...batch.map((message) => jsonOf<number>(message)));
      sequence = (batch.at(-1)?.sequence ?? 0) + 1;
    }
    expect(read).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25]);
    expect(sizes).toEqual([5, 5, 3, 0]);
  });

  it('gives nothing from an empty stream, nor beyond the end', async () => {
    expect(await messagesFrom(connection, 'T', { sequence: 0, subjects: '>', max: 5 })).toEqual([]);
    await publish('T.a', '1');
    expect(await messagesFrom(connection, 'T', { sequence: 2, subjects: '>', max: 5 })).toEqual([]);
  });

  it('does not take a message without a body for the end', async () => {
    for (const body of ['1', '', '3']) await publish('T.a', body);
    const messages = await messagesFrom(connection, 'T', { sequence: 1, subjects: '>', max: 10 });
    expect(messages.map(({ data }) => data.length)).toEqual([1, 0, 1]);
  });

  it('fails when there is no such stream', async () => {
    await expect(messagesFrom(connection, 'NONE', { sequence: 1, subjects: '>', max: 1 })).rejects.toThrow(/503/);
    await expect(lastMessage(connection, 'NONE', 'x')).rejects.toThrow(/503/);
  });

  it('says what the server refuses', async () => {
    const refused = messagesFrom(connection, 'T', { sequence: 1.5, subjects: '>', max: 1 });
    await expect(refused).rejects.toBeInstanceOf(DirectGetError);
  });
});
