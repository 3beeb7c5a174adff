// Picks, of what every replica says about a stream or consumer, what its leader says. Pure.
import type { ServerReport } from '../runtime/server-reports.ts';
import type { ConsumerReport, GroupReport, JetStreamReport, StreamReport } from './reports.ts';

/**
 * Who leads: `told` is what the leader itself says; `leaderless` when all members that answered agree that there is none. Neither
 * when a leader is named that did not answer: then nothing is known.
 */
export interface Led<T> {
  readonly told: T | undefined;
  readonly leaderless: boolean;
}

type Grouped = { readonly cluster?: GroupReport };

/** Everything said about one thing, each with the name of the server that said it. */
type Voices<T> = { readonly server: string; readonly report: T }[];

/** Streams by name. */
export function ledStreams(reports: readonly ServerReport<JetStreamReport>[]): Map<string, Led<StreamReport>> {
  const streams = new Map<string, Voices<StreamReport>>();
  for (const { server, report } of allStreams(reports)) voicesOf(streams, report.name).push({ server, report });
  return mapValues(streams, hearLeader);
}

/** A consumer, and who leads it. */
export interface LedConsumer extends Led<ConsumerReport> {
  readonly stream: string;
  readonly consumer: string;
}

/** Durable consumers; others come and go under names that nobody chose. */
export function ledConsumers(reports: readonly ServerReport<JetStreamReport>[]): LedConsumer[] {
  const consumers = new Map<string, Voices<ConsumerReport>>();
  for (const { server, report: stream } of allStreams(reports)) {
    for (const report of stream.consumer_detail ?? []) {
      // Neither name can hold a space.
      if (report.config.durable_name) voicesOf(consumers, `${stream.name} ${report.name}`).push({ server, report });
    }
  }
  return [...mapValues(consumers, hearLeader)].map(([key, led]) => {
    const [stream = '', consumer = ''] = key.split(' ');
    return { stream, consumer, ...led };
  });
}

/** Every consumer by stream: a leader of the stream does not count those that are kept on other servers only. */
export function consumerNames(reports: readonly ServerReport<JetStreamReport>[]): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  for (const { report } of allStreams(reports)) {
    const own = names.get(report.name) ?? new Set();
    names.set(report.name, own);
    for (const { name } of report.consumer_detail ?? []) own.add(name);
  }
  return names;
}

function allStreams(reports: readonly ServerReport<JetStreamReport>[]): Voices<StreamReport> {
  return reports.flatMap(({ server, data }) =>
    (data.account_details ?? []).flatMap(({ stream_detail }) =>
      (stream_detail ?? []).map((report) => ({ server, report })),
    ),
  );
}

/** A leader that was cut off may not know yet that another has been elected: the later one leads. */
function hearLeader<T extends Grouped>(voices: Voices<T>): Led<T> {
  const since = ({ report }: { readonly report: T }): string => report.cluster?.leader_since ?? '';
  const leading = voices
    // Without a cluster there is one replica, and no election.
    .filter(({ server, report }) => report.cluster === undefined || report.cluster.leader === server)
    .sort((a, b) => (since(a) < since(b) ? 1 : -1));
  return {
    told: leading[0]?.report,
    leaderless: voices.every(({ report }) => report.cluster !== undefined && !report.cluster.leader),
  };
}

function voicesOf<T>(all: Map<string, Voices<T>>, key: string): Voices<T> {
  const voices = all.get(key) ?? [];
  all.set(key, voices);
  return voices;
}

const mapValues = <A, B>(map: ReadonlyMap<string, A>, change: (value: A) => B): Map<string, B> =>
  new Map([...map].map(([key, value]) => [key, change(value)]));
