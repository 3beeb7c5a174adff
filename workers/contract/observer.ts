// An identity for tests and demonstrations: it watches the streams from outside the pipeline, and changes nothing in them.
import type { Identity } from './permissions.ts';
import { DLQ_STREAM, inboxPrefix, NEWS_STREAM, PROCESSED_STREAM, SOURCES_STREAM } from './subjects.ts';

const NAME = 'observer';

/** Streams that allow a consumer beside those of the pipeline; a work queue allows none. */
export const FOLLOWED_STREAMS = [PROCESSED_STREAM, DLQ_STREAM] as const;
/** The streams that news pass through. */
const OBSERVED_STREAMS = [SOURCES_STREAM, NEWS_STREAM, ...FOLLOWED_STREAMS] as const;

/** It may ask about them and their consumers, have a consumer of its own where that is possible, and publish nothing else. */
export const OBSERVER: Identity = {
  name: NAME,
  account: 'newsjet',
  publish: [
    ...OBSERVED_STREAMS.flatMap((stream) => [`$JS.API.STREAM.INFO.${stream}`, `$JS.API.CONSUMER.INFO.${stream}.*`]),
    ...FOLLOWED_STREAMS.flatMap((stream) => [
      `$JS.API.CONSUMER.CREATE.${stream}.${NAME}`,
      `$JS.API.CONSUMER.DELETE.${stream}.${NAME}`,
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${NAME}`,
      `$JS.ACK.${stream}.${NAME}.>`,
    ]),
  ],
  subscribe: [`${inboxPrefix(NAME)}.>`],
};
