// What is left to work off of a source, asked by the operator's own identity of a real cluster of three.
import { AckPolicy } from 'nats';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { waitFor } from '../../../local/wait.ts';
import { OBSERVER, TestCluster } from '../../../test/support/cluster.ts';
import { Observer } from '../../../test/support/observer.ts';
import { OPERATOR } from '../../contract/roles.ts';
import { createRegistry } from '../../runtime/metrics.ts';
import { jetStream } from '../../runtime/nats.ts';
import { Publisher } from '../../runtime/publisher.ts';
import { recordingLog } from '../../runtime/testing/log.ts';
import { Pipeline } from './pipeline.ts';

const SOON_MS = 60_000;
/** Of a test: longer than its waits in turn. */
vi.setConfig({ testTimeout: 400_000 });
const CONSUMER = 'papers-consumer';

let cluster: TestCluster;
let observer: Observer;
let pipeline: Pipeline;

beforeAll(async () => {
  cluster = await TestCluster.start('sources: { papers: { kind: rss, feeds: [https://papers.example/world.rss] } }', {
    extraIdentities: [OBSERVER],
  });
  await cluster.bootstrap();
  observer = await Observer.connect(cluster);
  const connection = await cluster.connect(OPERATOR);
  const { log } = recordingLog();
  const publisher = new Publisher(jetStream(connection), {
    maxBytes: 1_048_576,
    log,
    registry: createRegistry(OPERATOR),
  });
  pipeline = new Pipeline({ connected: () => ({ connection, publisher }), log });
});
afterAll(() => cluster?.stop());

/** Makes the consumer of the source, of another subject or its own. */
const addConsumer = (subject: string): Promise<unknown> =>
  waitFor('the consumer', SOON_MS, () =>
    observer.manager.consumers.add('SOURCES', {
      ...{ durable_name: CONSUMER, filter_subject: subject, ack_policy: AckPolicy.Explicit },
    }),
  );
const backlogIs = (expected: object): Promise<void> =>
  expect.poll(() => pipeline.backlog('papers'), { timeout: SOON_MS }).toEqual(expected);

it('is nothing without documents, and missing without the consumer', async () => {
  await backlogIs({ status: 'known', messages: 0 });
  expect(await pipeline.countDocuments('papers')).toBe(0);
  await observer.manager.consumers.delete('SOURCES', CONSUMER);
  await backlogIs({ status: 'missing' });
});

it('is unknown while the consumer has not heard of the last document, and counted once it has', async () => {
  await addConsumer('SOURCES.others');
  await observer.client.publish('SOURCES.papers', '{}');
  await backlogIs({ status: 'unknown', reason: 'it has not heard of the last document yet' });
  await observer.manager.consumers.delete('SOURCES', CONSUMER);
  await addConsumer('SOURCES.papers');
  await backlogIs({ status: 'known', messages: 1 });
  const consumer = await observer.client.consumers.get('SOURCES', CONSUMER);
  await (await consumer.next())?.ackAck();
  await backlogIs({ status: 'known', messages: 0 });
});
