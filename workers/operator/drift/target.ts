// What is looked after: a stream, the bucket that a stream keeps, a consumer or a schema, by the names that people know.
import type { SchemaSpec } from '../../contract/schemas.ts';
import type { ConsumerSpec, StreamSpec } from '../../contract/streams.ts';

/** Names something in metrics, in the log and in Events. */
export interface Target {
  readonly kind: 'stream' | 'bucket' | 'consumer' | 'schema' | 'schedules';
  /** A consumer's is `<stream>/<consumer>`. */
  readonly name: string;
}

export const streamTarget = ({ name, bucket }: StreamSpec): Target =>
  bucket === undefined ? { kind: 'stream', name } : { kind: 'bucket', name: bucket };
export const consumerTarget = ({ stream, name }: ConsumerSpec): Target => ({
  kind: 'consumer',
  name: `${stream}/${name}`,
});
export const schemaTarget = ({ key }: SchemaSpec): Target => ({ kind: 'schema', name: key });
export const describeTarget = ({ kind, name }: Target): string => `${kind} ${name}`;

/** Why something is left as it is, for people. */
export const whyItStays = ({ kind }: Target, problems: readonly string[]): string =>
  // Those of a schema say it themselves.
  kind === 'schema'
    ? problems.join('; ')
    : `${problems.join('; ')}: to change it, what is stored would have to be deleted`;

/** What went with a stream that is missing, for people: what was in it can't be brought back. */
export const lostWithStream = (spec: StreamSpec): string =>
  spec.bucket === undefined ? 'it is empty: what it held was deleted with it' : 'its keys were deleted with it';

/** What went with a consumer that is missing; undefined when nothing did. */
export const lostWithConsumer = (stream: StreamSpec | undefined): string | undefined =>
  stream?.retention === 'interest'
    ? 'the server deleted with it what it had not acknowledged, and stored nothing for it since'
    : undefined;
