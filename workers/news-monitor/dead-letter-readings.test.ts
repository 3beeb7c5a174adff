// The dead letters of a real server, as they come, age and are taken out.
import { headers, type JetStreamClient, type JetStreamManager, type NatsConnection } from 'nats';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OBSERVER, TestCluster } from '../../test/support/cluster.ts';
import { DLQ_STREAM, dlqSubject, HEADER } from '../contract/subjects.ts';
import { Board } from './board.ts';
import { DeadLetterReadings } from './dead-letter-readings.ts';

const DEFINITION = 'sources: { a: { kind: rss, feeds: [https://a.example/rss] } }\nnats: { servers: 1 }';

describe('DeadLetterReadings', () => {
  let cluster: TestCluster;
  let connection: NatsConnection;
  let client: JetStreamClient;
  let manager: JetStreamManager;
  let readings: DeadLetterReadings;
  let board: Board;

  beforeAll(async () => {
    cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
    const { exit, output } = await cluster.bootstrap();
    expect(exit, output).toEqual({ code: 0, signal: null });
    connection = await cluster.connect(OBSERVER.name);
    client = connection.jetstream();
    manager = await connection.jetstreamManager();
  });
  afterAll(() => cluster?.stop());
  beforeEach(async () => {
    await manager.streams.purge(DLQ_STREAM);
    board = new Board();
    readings = new DeadLetterReadings(connection, manager, 3);
    await readings.read(board);
  });

  async function setAside(count: number): Promise<number[]> {
    const sequences: number[] = [];
    for (let n = 0; n < count; n++) {
      const all = headers();
      all.set(HEADER.dlqConsumer, 'a-consumer');
      all.set(HEADER.dlqReason, `reason ${n}`);
      const { seq } = await client.publish(dlqSubject('SOURCES', 'a-consumer'), `body ${n}`, { headers: all });
      sequences.push(seq);
    }
    return sequences;
  }

  const shown = (): number[] => board.dlq().latest.map(({ sequenceInDlq }) => sequenceInDlq);

  it('shows the latest, newest first, and how many there are', async () => {
    const sequences = await setAside(5);
    const counts = await readings.read(board);
    expect(counts).toEqual([{ stream: 'SOURCES', consumer: 'a-consumer', messages: 5 }]);
    expect(board.dlq().total).toBe(5);
    expect(shown()).toEqual(sequences.slice(-3).reverse());
  });

  it('shows others instead of those that were taken out of the middle', async () => {
    const [first, second, third, fourth, fifth, sixth] = (await setAside(6)) as [number, ...number[]];
    await readings.read(board);
    expect(shown()).toEqual([sixth, fifth, fourth]);
    for (const sequence of [second, fifth, sixth]) await manager.streams.deleteMessage(DLQ_STREAM, sequence as number);
    await readings.read(board);
    expect(shown()).toEqual([fourth, third, first]);
    const [later] = await setAside(1);
    await readings.read(board);
    expect(shown()).toEqual([later, fourth, third]);
  });

  it('asks for no list of those that are gone where that would be long', async () => {
    const asked: unknown[] = [];
    const info = (stream: string, query: Parameters<typeof manager.streams.info>[1]) => {
      asked.push(query);
      return manager.streams.info(stream, query);
    };
    const observed = new DeadLetterReadings(connection, { streams: { info } } as unknown as JetStreamManager, 3);
    const first = await client.publish(dlqSubject('NEWS', 'news-creator'), 'older');
    const failing = dlqSubject('SOURCES', 'a-consumer');
    for (let sent = 0; sent <= 10_000; sent += 1_000) {
      await Promise.all(Array.from({ length: 1_000 }, () => client.publish(failing, 'x')));
    }
    await manager.streams.purge(DLQ_STREAM, { filter: failing });
    const last = await client.publish(dlqSubject('NEWS', 'news-creator'), 'later');
    await observed.read(board);
    expect([board.dlq().total, shown()]).toEqual([2, [last.seq]]);
    expect(last.seq - first.seq).toBeGreaterThan(10_000);
    expect(asked).toEqual([{ subjects_filter: dlqSubject('*', '*') }]);
  });

  it('shows none when all were taken out', async () => {
    for (const sequence of await setAside(2)) {
      await readings.read(board);
      await manager.streams.deleteMessage(DLQ_STREAM, sequence);
    }
    await readings.read(board);
    expect([board.dlq().total, shown()]).toEqual([0, []]);
  });
});
