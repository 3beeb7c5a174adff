// Gives every declared feed its first schedule, and has those of feeds that are declared no more taken away.
import type { JetStreamManager, NatsConnection } from 'nats';
import type { FeedState } from '../contract/feed-state.ts';
import type { FeedPoll } from '../contract/messages.ts';
import * as subjects from '../contract/subjects.ts';
import type { Topology } from '../contract/topology.ts';
import { jsonOf, lastMessage, type StoredMessage } from './direct-get.ts';
import { findUndeclaredFeeds, removeFeeds } from './feed-plan-removal.ts';
import { inParallel, subjectsOf } from './feed-plan-stream.ts';
import type { Publisher } from './publisher.ts';
import { pollAt } from './schedule.ts';
import type { Change } from './stream-plan.ts';

/** First polls are spread out, so that ten thousand feeds do not begin at once. */
const FIRST_POLL_SPACING_MS = 20;
const FIRST_POLL_SPREAD_MS = 60_000;
/** A due poll older than this, with no schedule after it, was given up; it is longer than any interval between polls. */
const ABANDONED_AFTER_MS = 2 * 86_400_000;

/** Why a feed is scheduled. */
const REASONS = ['new', 'changed', 'abandoned'] as const;
type Reason = (typeof REASONS)[number];
/** How many feeds are named where many need the same. */
const NAMED = 5;

/** What it takes to look and to change. */
export interface FeedTools {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly publisher: Pick<Publisher, 'publish'>;
}

/**
 * Looks through all feeds and says what is to be done; each change stands for all feeds that need the same.
 * @param isConcerned whether feeds of a source that are not declared are to be removed. @default those of every source
 */
export async function planFeeds(
  { connection, manager, publisher }: FeedTools,
  { feeds, feedStateKeys }: Pick<Topology, 'feeds' | 'feedStateKeys'>,
  signal: AbortSignal,
  isConcerned: (source: string) => boolean = () => true,
): Promise<Change[]> {
  const known = new Set(await subjectsOf(manager, subjects.FEEDS_STREAM));
  const found = new Map<Reason, FeedPoll[]>(REASONS.map((reason) => [reason, []]));
  await inParallel(feeds, async (poll) => {
    const reason = await examine(connection, known, poll);
    if (reason) found.get(reason)?.push(poll);
  });
  const total = [...found.values()].flat().length;
  const at = firstPolls(total);
  const schedule = async (poll: FeedPoll): Promise<void> => {
    // An exporter that is polling the feed as it was may schedule it only while its due poll is there.
    await manager.streams.purge(subjects.FEEDS_STREAM, { filter: subjects.dueSubject(poll.source, poll.feed) });
    await publisher.publish(pollAt(poll, at()), signal);
  };
  const changes = [...found]
    .filter(([, polls]) => polls.length > 0)
    .map(([reason, polls]) => ({
      description: `${nameFeeds(polls.map(({ source, feed }) => subjects.feedStateKey(source, feed)))} scheduled: ${reason}`,
      apply: () => inParallel(polls, schedule),
    }));
  const undeclared = await findUndeclaredFeeds(manager, feedStateKeys);
  const remains = undeclared.filter(({ source }) => isConcerned(source));
  if (remains.length === 0) return changes;
  const description = `${nameFeeds(remains.map(({ key }) => key))} removed: not declared any more`;
  return [...changes, { description, apply: () => removeFeeds(manager, remains, signal) }];
}

/** Finds the feeds that have neither a schedule nor a due poll; one answer of the stream's leader tells of all. */
export async function findMissingFeeds(manager: JetStreamManager, feeds: readonly FeedPoll[]): Promise<FeedPoll[]> {
  if (feeds.length === 0) return [];
  const known = new Set(await subjectsOf(manager, subjects.FEEDS_STREAM));
  return feeds.filter(
    ({ source, feed }) =>
      !known.has(subjects.scheduleSubject(source, feed)) && !known.has(subjects.dueSubject(source, feed)),
  );
}

/**
 * Schedules feeds that were found missing, except those that are gone for good.
 * @returns the keys of those that were scheduled
 */
export async function scheduleMissingFeeds(
  { connection, publisher }: Pick<FeedTools, 'connection' | 'publisher'>,
  missing: readonly FeedPoll[],
  signal: AbortSignal,
): Promise<string[]> {
  const wanted: FeedPoll[] = [];
  await inParallel(missing, async (poll) => {
    if (!(await isGone(connection, poll))) wanted.push(poll);
  });
  const at = firstPolls(wanted.length);
  // There is no due poll to be taken away first, see planFeeds: without one, no exporter can schedule the feed.
  await inParallel(wanted, async (poll) => void (await publisher.publish(pollAt(poll, at()), signal)));
  return wanted.map(({ source, feed }) => subjects.feedStateKey(source, feed));
}

/** Times for so many first polls, one after the other. */
function firstPolls(count: number): () => Date {
  const spacingMs = Math.min(FIRST_POLL_SPACING_MS, FIRST_POLL_SPREAD_MS / Math.max(1, count));
  let index = 0;
  return () => new Date(Date.now() + index++ * spacingMs);
}

/** Names feeds for people: the first few, and how many there are. */
export function nameFeeds(keys: readonly string[]): string {
  if (keys.length === 1) return `feed ${keys[0]}`;
  const more = keys.length > NAMED ? ', …' : '';
  return `${keys.length} feeds (${keys.slice(0, NAMED).join(', ')}${more})`;
}

async function examine(
  connection: NatsConnection,
  known: ReadonlySet<string>,
  poll: FeedPoll,
): Promise<Reason | undefined> {
  const schedule = subjects.scheduleSubject(poll.source, poll.feed);
  const due = subjects.dueSubject(poll.source, poll.feed);
  const scheduled = known.has(schedule) && (await lastMessage(connection, subjects.FEEDS_STREAM, schedule));
  // A schedule that was there when the subjects were listed may have made the feed due since.
  const isKnown = known.has(schedule) || known.has(due);
  const last = scheduled || (isKnown && (await lastMessage(connection, subjects.FEEDS_STREAM, due)));
  // A replica that lags behind answers with neither: what was listed is still there.
  if (isKnown && !last) return undefined;
  if (last && !samePoll(parse<FeedPoll>(last), poll)) return 'changed';
  if (last && (last.subject === schedule || Date.now() - last.time.getTime() < ABANDONED_AFTER_MS)) return undefined;
  if (await isGone(connection, poll)) return undefined;
  return last ? 'abandoned' : 'new';
}

/** Whether its server said that there is nothing more to come from this address. */
async function isGone(connection: NatsConnection, { source, feed, url }: FeedPoll): Promise<boolean> {
  const subject = subjects.bucketSubject(subjects.FEEDS_BUCKET, subjects.feedStateKey(source, feed));
  const state = await lastMessage(connection, subjects.bucketStream(subjects.FEEDS_BUCKET), subject);
  const remembered = state && parse<FeedState>(state);
  return remembered?.status === 'gone' && remembered.url === url;
}

const samePoll = (a: FeedPoll | undefined, b: FeedPoll): boolean => a?.url === b.url && a.everyMs === b.everyMs;

/** What can't be read counts as nothing known: the feed is scheduled anew. */
function parse<T>(message: StoredMessage): T | undefined {
  try {
    return jsonOf<T | null>(message) ?? undefined;
  } catch {
    return undefined;
  }
}
