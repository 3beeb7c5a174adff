// What is watched: the sources and consumers that the topology declares, and the sources that came while this ran, as NewsSources.
import { consumerName, exporterName, NEWS_CREATOR, NEWS_MONITOR } from '../contract/roles.ts';
import { FEEDS_STREAM, SOURCES_STREAM } from '../contract/subjects.ts';
import { layOutFlow } from './flow.ts';
import type { DeclaredSource, WatchedConsumer } from './options.ts';
import type { FlowStep } from './snapshot.ts';

/** What the topology told. */
export interface Declared {
  readonly sources: readonly DeclaredSource[];
  readonly consumers: readonly WatchedConsumer[];
}

/** A source that nothing declares, known by the state of its feeds. */
export interface FoundSource {
  readonly source: string;
  /** Whether it follows a stream outside, and so has no consumer of due feeds. */
  readonly follows: boolean;
}

export interface Watched {
  /** In the order of the flow. */
  readonly consumers: readonly WatchedConsumer[];
  readonly flow: readonly FlowStep[];
}

/** Adds what was found to what is declared. Pure. */
export function watch({ sources, consumers }: Declared, found: readonly FoundSource[]): Watched {
  const isShared = ({ consumer }: WatchedConsumer): boolean => consumer === NEWS_CREATOR || consumer === NEWS_MONITOR;
  const all = [
    ...consumers.filter((consumer) => !isShared(consumer)),
    ...found.flatMap(({ source, follows }) => [
      ...(follows ? [] : [{ stream: FEEDS_STREAM, consumer: exporterName(source) }]),
      { stream: SOURCES_STREAM, consumer: consumerName(source) },
    ]),
    ...consumers.filter(isShared),
  ];
  const names = [...sources, ...found].map(({ source }) => source);
  return { consumers: all, flow: layOutFlow(names, all) };
}
