// The workers in the order of the flow, from the consumers and sources that the monitor was told of.
import { consumerName, exporterName, NEWS_CREATOR, NEWS_MONITOR } from '../contract/roles.ts';
import * as subjects from '../contract/subjects.ts';
import type { FlowStep } from './snapshot.ts';

/**
 * Lays out the flow.
 * @param sources by name; each has an exporter and a consumer of its own
 * @param consumers by name, with their stream; a worker that is not among them works off nothing
 */
export function layOutFlow(
  sources: readonly string[],
  consumers: readonly { readonly stream: string; readonly consumer: string }[],
): FlowStep[] {
  const streams = new Map(consumers.map(({ stream, consumer }) => [consumer, stream]));
  const step = (worker: string, rest: Omit<FlowStep, 'worker' | 'takes'>): FlowStep => ({
    worker,
    takes: streams.get(worker) ?? null,
    ...rest,
  });
  return [
    ...sources.map((source) =>
      step(exporterName(source), {
        role: 'exporter',
        source,
        gives: {
          stream: subjects.SOURCES_STREAM,
          subject: subjects.sourceSubject(source),
          worker: consumerName(source),
        },
      }),
    ),
    ...sources.map((source) =>
      step(consumerName(source), {
        role: 'consumer',
        source,
        gives: { stream: subjects.NEWS_STREAM, subject: subjects.NEWS_RECEIVED, worker: NEWS_CREATOR },
      }),
    ),
    step(NEWS_CREATOR, {
      role: 'creator',
      source: null,
      gives: { stream: subjects.PROCESSED_STREAM, subject: subjects.NEWS_PROCESSED, worker: NEWS_MONITOR },
    }),
    step(NEWS_MONITOR, { role: 'monitor', source: null, gives: null }),
  ];
}
