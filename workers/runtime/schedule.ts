// Schedules kept by the server: a message that is published again, to another subject, when its time has come (ADR-51 of NATS).
import { FEED_POLL, type FeedPoll } from '../contract/messages.ts';
import { dueSubject, scheduleSubject } from '../contract/subjects.ts';
import type { Publication } from './publisher.ts';

/** Header in which the server says which schedule a message came from. */
export const SCHEDULER_HEADER = 'Nats-Scheduler';

/** The publication that makes a feed due at a time; it replaces whatever schedule the feed had. */
export function pollAt(poll: FeedPoll, at: Date): Publication {
  return {
    subject: scheduleSubject(poll.source, poll.feed),
    type: FEED_POLL,
    body: poll,
    headers: {
      'Nats-Schedule': `@at ${at.toISOString()}`,
      'Nats-Schedule-Target': dueSubject(poll.source, poll.feed),
    },
  };
}
