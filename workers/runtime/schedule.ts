// Schedules kept by the server: a message that is published again, to another subject, when its time has come (ADR-51 of NATS).
import { FEED_POLL, type FeedPoll } from '../contract/messages.ts';
import { dueSubject, scheduleSubject } from '../contract/subjects.ts';
import type { Publication } from './publisher.ts';

/** Header in which the server says which schedule a message came from. */
export const SCHEDULER_HEADER = 'Nats-Scheduler';

/**
 * The publication that makes a feed due at a time; it replaces whatever schedule the feed had.
 * @param after sequence of the due poll that this one follows: if a newer one is there, or none any more because the feed was
 *   changed or removed, the schedule is refused. @default no condition
 */
export function pollAt(poll: FeedPoll, at: Date, after?: number): Publication {
  return {
    subject: scheduleSubject(poll.source, poll.feed),
    type: FEED_POLL,
    body: poll,
    ...(after === undefined ? {} : { after: { subject: dueSubject(poll.source, poll.feed), sequence: after } }),
    headers: {
      'Nats-Schedule': `@at ${at.toISOString()}`,
      'Nats-Schedule-Target': dueSubject(poll.source, poll.feed),
    },
  };
}
