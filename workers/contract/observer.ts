// An identity for tests and demonstrations: it watches the streams from outside the pipeline, and changes nothing in them.
import type { Identity } from './permissions.ts';
import { DLQ_STREAM, inboxPrefix, NEWS_STREAM, SOURCES_STREAM } from './subjects.ts';

const NAME = 'observer';

/** The streams that news pass through. */
export const OBSERVED_STREAMS = [SOURCES_STREAM, NEWS_STREAM, DLQ_STREAM] as const;

/** It may have a consumer of its own on each of them, ask about all consumers, and publish nothing else. */
export const OBSERVER: Identity = {
  name: NAME,
  account: 'newsjet',
  publish: OBSERVED_STREAMS.flatMap((stream) => [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.${NAME}`,
    `$JS.API.CONSUMER.DELETE.${stream}.${NAME}`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${NAME}`,
    `$JS.API.CONSUMER.INFO.${stream}.*`,
    `$JS.ACK.${stream}.${NAME}.>`,
  ]),
  subscribe: [`${inboxPrefix(NAME)}.>`],
};
