// What is left of feeds that are declared no more: found, and removed.
import type { JetStreamManager } from 'nats';
import * as subjects from '../contract/subjects.ts';
import { StoppingError } from './errors.ts';
import { inParallel, subjectsOf } from './feed-plan-stream.ts';

/** A feed that is not declared: its schedule, its due poll, its state, or any of them. */
export interface FeedRemains {
  /** As in the bucket of states, `<source>.<feed>`. */
  readonly key: string;
  readonly source: string;
  readonly parts: readonly { readonly stream: string; readonly subject: string; readonly isDue: boolean }[];
}

/** Finds what is left of feeds that are not declared, whoever they belong to. */
export async function findUndeclaredFeeds(
  manager: JetStreamManager,
  declaredKeys: readonly string[],
): Promise<FeedRemains[]> {
  const declared = new Set(declaredKeys);
  const found = new Map<string, FeedRemains & { readonly parts: FeedRemains['parts'][number][] }>();
  for (const stream of [subjects.FEEDS_STREAM, subjects.bucketStream(subjects.FEEDS_BUCKET)]) {
    for (const subject of await subjectsOf(manager, stream)) {
      // In all of them the source and the feed come last.
      const [source, feed] = subject.split('.').slice(-2) as [string, string];
      const key = subjects.feedStateKey(source, feed);
      if (declared.has(key)) continue;
      const remains = found.get(key) ?? { key, source, parts: [] };
      remains.parts.push({ stream, subject, isDue: subject === subjects.dueSubject(source, feed) });
      found.set(key, remains);
    }
  }
  return [...found.values()];
}

/**
 * Removes it.
 * @throws {StoppingError} when the signal aborts: nothing is removed after that
 */
export async function removeFeeds(
  manager: JetStreamManager,
  remains: readonly FeedRemains[],
  signal: AbortSignal,
): Promise<void> {
  const parts = remains.flatMap((feed) => feed.parts);
  // Due polls first: without its own, an exporter that is at work on a feed can't schedule it again.
  for (const batch of [parts.filter(({ isDue }) => isDue), parts.filter(({ isDue }) => !isDue)]) {
    await inParallel(batch, async ({ stream, subject }) => {
      if (signal.aborted) throw new StoppingError();
      await manager.streams.purge(stream, { filter: subject });
    });
  }
}
