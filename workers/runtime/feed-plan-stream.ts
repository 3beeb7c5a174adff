// How the streams of feeds are looked through, and changed, many feeds at a time.
import type { JetStreamManager } from 'nats';

/** Requests in flight at a time. */
const CONCURRENCY = 64;

/** All subjects that a stream holds messages of; one answer of its leader tells of a hundred thousand. */
export async function subjectsOf(manager: JetStreamManager, stream: string): Promise<string[]> {
  const { state } = await manager.streams.info(stream, { subjects_filter: '>' });
  return Object.keys(state.subjects ?? {});
}

/** Works on all items; ends with the first failure. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < items.length) await work(items[next++] as T);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, loop));
}
