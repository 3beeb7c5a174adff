// Gives every declared feed its first schedule, and takes away those of feeds that are declared no more.
import type { JetStreamManager, NatsConnection } from 'nats';
import type { FeedState } from '../contract/feed-state.ts';
import type { FeedPoll } from '../contract/messages.ts';
import * as subjects from '../contract/subjects.ts';
import { jsonOf, lastMessage } from '../runtime/direct-get.ts';
import type { Publisher } from '../runtime/publisher.ts';
import { pollAt } from '../runtime/schedule.ts';
import type { Change } from './streams.ts';

/** First polls are spread out, so that ten thousand feeds do not begin at once. */
const FIRST_POLL_SPACING_MS = 20;
const FIRST_POLL_SPREAD_MS = 60_000;
/** A due poll older than this, with no schedule after it, was given up; it is longer than any interval between polls. */
const ABANDONED_AFTER_MS = 2 * 86_400_000;
/** Requests in flight while the feeds are looked through. */
const CONCURRENCY = 64;

/** What a feed needs, and why. */
type Finding = { readonly poll: FeedPoll; readonly why: 'is new' | 'has changed' | 'was abandoned' };

/** What it takes to look and to change. */
export interface FeedTools {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly publisher: Publisher;
}

/** Looks through all feeds and says what is to be done; each change stands for all feeds that need the same. */
export async function planFeeds(
  { connection, manager, publisher }: FeedTools,
  feeds: readonly FeedPoll[],
  signal: AbortSignal,
): Promise<Change[]> {
  const scheduled = new Set(await subjectsOf(manager, subjects.FEEDS_STREAM));
  const findings: Finding[] = [];
  await inParallel(feeds, async (poll) => {
    const why = await examine(connection, scheduled, poll);
    if (why) findings.push({ poll, why });
  });
  const spacingMs = Math.min(FIRST_POLL_SPACING_MS, FIRST_POLL_SPREAD_MS / Math.max(1, findings.length));
  const changes = findings.map(({ poll, why }, index) => ({
    description: `feed ${poll.source}.${poll.feed} ${why}: scheduled`,
    apply: () => publisher.publish(pollAt(poll, new Date(Date.now() + index * spacingMs)), signal),
  }));
  return [...changes, ...(await planRemovals(manager, scheduled, feeds))];
}

async function examine(
  connection: NatsConnection,
  scheduled: ReadonlySet<string>,
  poll: FeedPoll,
): Promise<Finding['why'] | undefined> {
  const schedule = subjects.scheduleSubject(poll.source, poll.feed);
  const due = subjects.dueSubject(poll.source, poll.feed);
  const last = scheduled.has(schedule)
    ? await lastMessage(connection, subjects.FEEDS_STREAM, schedule)
    : scheduled.has(due)
      ? await lastMessage(connection, subjects.FEEDS_STREAM, due)
      : undefined;
  if (last && !samePoll(jsonOf<FeedPoll>(last), poll)) return 'has changed';
  if (last && (last.subject === schedule || Date.now() - last.time.getTime() < ABANDONED_AFTER_MS)) return undefined;
  const key = subjects.feedStateKey(poll.source, poll.feed);
  const stream = subjects.bucketStream(subjects.FEEDS_BUCKET);
  const state = await lastMessage(connection, stream, subjects.bucketSubject(subjects.FEEDS_BUCKET, key));
  const gone = state && jsonOf<FeedState>(state);
  if (gone?.status === 'gone' && gone.url === poll.url) return undefined;
  return last ? 'was abandoned' : 'is new';
}

async function planRemovals(
  manager: JetStreamManager,
  scheduled: ReadonlySet<string>,
  feeds: readonly FeedPoll[],
): Promise<Change[]> {
  const declared = new Set(feeds.map(({ source, feed }) => subjects.feedStateKey(source, feed)));
  const stream = subjects.bucketStream(subjects.FEEDS_BUCKET);
  const states = await subjectsOf(manager, stream);
  const remove = (owner: string, subject: string): Change[] => {
    const key = subject.split('.').slice(-2).join('.');
    if (declared.has(key)) return [];
    return [
      {
        description: `feed ${key} is not declared any more: ${subject} removed`,
        apply: () => manager.streams.purge(owner, { filter: subject }),
      },
    ];
  };
  return [
    ...[...scheduled].flatMap((subject) => remove(subjects.FEEDS_STREAM, subject)),
    ...states.flatMap((subject) => remove(stream, subject)),
  ];
}

async function subjectsOf(manager: JetStreamManager, stream: string): Promise<string[]> {
  const { state } = await manager.streams.info(stream, { subjects_filter: '>' });
  return Object.keys(state.subjects ?? {});
}

const samePoll = (a: FeedPoll, b: FeedPoll): boolean => a.url === b.url && a.everyMs === b.everyMs;

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < items.length) await work(items[next++] as T);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, loop));
}
