// Streams and consumers as the server's API wants them.
import { type ConsumerConfig, nanos, type StreamConfig } from 'nats';
import type { ConsumerSpec, StreamSpec } from '../contract/streams.ts';

/** Stream settings newer than the client library's types. */
export type ServerStream = Partial<StreamConfig> & {
  name: string;
  allow_msg_schedules?: boolean;
  allow_msg_ttl?: boolean;
};
export type ServerConsumer = Partial<ConsumerConfig> & { durable_name: string };

const UNLIMITED = -1;

/** A stream in the server's form; every property that we care about is spelled out, so that drift shows. */
export function streamForm(spec: StreamSpec): ServerStream {
  return {
    name: spec.name,
    description: spec.description,
    subjects: [...spec.subjects],
    retention: spec.retention as StreamConfig['retention'],
    storage: 'file' as StreamConfig['storage'],
    discard: spec.discard as StreamConfig['discard'],
    num_replicas: spec.replicas,
    max_bytes: spec.maxBytes,
    max_msgs: spec.maxMessages ?? UNLIMITED,
    max_msg_size: UNLIMITED,
    max_msgs_per_subject: spec.maxMessagesPerSubject ?? UNLIMITED,
    discard_new_per_subject: false,
    max_age: nanos(spec.maxAgeMs ?? 0),
    duplicate_window: nanos(spec.duplicateWindowMs),
    allow_direct: spec.allowDirect ?? false,
    allow_rollup_hdrs: spec.allowRollup ?? false,
    no_ack: false,
    sealed: false,
    ...(spec.allowSchedules ? { allow_msg_schedules: true } : {}),
    ...(spec.allowMessageTtl ? { allow_msg_ttl: true } : {}),
  };
}

/** A consumer in the server's form. */
export function consumerForm(spec: ConsumerSpec): ServerConsumer {
  return {
    name: spec.name,
    durable_name: spec.name,
    ack_policy: 'explicit' as ConsumerConfig['ack_policy'],
    deliver_policy: 'all' as ConsumerConfig['deliver_policy'],
    replay_policy: 'instant' as ConsumerConfig['replay_policy'],
    filter_subject: spec.filterSubject,
    ack_wait: nanos(spec.ackWaitMs),
    max_deliver: spec.maxDeliver,
    max_ack_pending: spec.maxAckPending,
    headers_only: false,
    inactive_threshold: 0,
    ...(spec.push ? { deliver_subject: spec.push.deliverSubject, deliver_group: spec.push.deliverGroup } : {}),
  };
}
