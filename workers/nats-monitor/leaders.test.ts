import { expect, it } from 'vitest';
import type { ServerReport } from '../runtime/server-reports.ts';
import { consumerNames, ledConsumers, ledStreams } from './leaders.ts';
import type { ConsumerReport, GroupReport, JetStreamReport, StreamReport } from './reports.ts';

const sequences = { consumer_seq: 0, stream_seq: 0 };
const consumer = (name: string, pending: number, cluster?: GroupReport, durable = true): ConsumerReport => ({
  stream_name: 'NEWS',
  name,
  config: durable ? { durable_name: name } : {},
  delivered: sequences,
  ack_floor: sequences,
  num_ack_pending: 0,
  num_redelivered: 0,
  num_waiting: 0,
  num_pending: pending,
  ...(cluster ? { cluster } : {}),
});
const stream = (messages: number, cluster?: GroupReport, consumers: ConsumerReport[] = []): StreamReport => ({
  name: 'NEWS',
  config: { max_msgs: -1, max_bytes: -1 },
  state: { messages, bytes: 0, first_seq: 0, last_seq: 0 },
  consumer_detail: consumers,
  ...(cluster ? { cluster } : {}),
});
const report = (server: string, own: StreamReport): ServerReport<JetStreamReport> => ({
  server,
  data: {
    memory: 0,
    storage: 0,
    reserved_storage: 0,
    ha_assets: 0,
    api: { total: 0, errors: 0 },
    account_details: [{ stream_detail: [own] }],
  },
});
const led = (...reports: ServerReport<JetStreamReport>[]) => {
  const { told, leaderless } = ledStreams(reports).get('NEWS') ?? {};
  return [told?.state.messages, leaderless];
};

it('hears a stream’s leader, whatever stale replicas say', () => {
  const said = (server: string, messages: number) => report(server, stream(messages, { leader: 'b' }));
  expect(led(said('a', 1), said('b', 2), said('c', 1))).toEqual([2, false]);
});

it('knows nothing of a stream whose leader did not answer', () => {
  expect(led(report('a', stream(1, { leader: 'b' })), report('c', stream(1, { leader: 'b' })))).toEqual([
    undefined,
    false,
  ]);
});

it('knows that a stream has no leader when all who answer say so', () => {
  expect(led(report('a', stream(1, {})), report('b', stream(1, { leader: '' })))).toEqual([undefined, true]);
});

it('hears the one that was elected later of two that say they lead', () => {
  const old = report('a', stream(1, { leader: 'a', leader_since: '2026-03-02T08:00:00Z' }));
  const elected = report('b', stream(2, { leader: 'b', leader_since: '2026-03-02T08:00:07Z' }));
  expect(led(old, elected)).toEqual([2, false]);
  expect(led(elected, old)).toEqual([2, false]);
});

it('hears a server without a cluster', () => {
  expect(led(report('a', stream(3)))).toEqual([3, false]);
});

it('hears a consumer’s leader, which need not be the stream’s, and leaves out what has no name of its own', () => {
  const group = { leader: 'b' };
  const reports = [
    report('a', stream(9, { leader: 'a' }, [consumer('news-creator', 1, group)])),
    report('b', stream(9, { leader: 'a' }, [consumer('news-creator', 2, group), consumer('x7', 5, group, false)])),
  ];
  expect(ledConsumers(reports).map(({ stream, consumer, told }) => [stream, consumer, told?.num_pending])).toEqual([
    ['NEWS', 'news-creator', 2],
  ]);
  expect([...(consumerNames(reports).get('NEWS') ?? [])]).toEqual(['news-creator', 'x7']);
});
