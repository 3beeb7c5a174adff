// Asks the leader of a pull consumer how far it is behind. Every outcome is a reading; what is not certain is unknown.
import { type ConsumerInfo, Empty, ErrorCode, type NatsConnection, NatsError } from 'nats';
import { consumerInfoSubject } from '../../contract/subjects.ts';
import { reasonOf } from '../../runtime/errors.ts';
import { NO_CONSUMER } from '../../runtime/missing.ts';
import { type Reading, type UnknownCause, unknownReading } from './reading.ts';

/** An answer that takes longer tells of the past: the next question follows within a second. */
export const ANSWER_TIMEOUT_MS = 1_000;
/** A replica that was silent for so long does not count: those of an idle consumer are heard from every second or two. */
const SILENT_AFTER_MS = 4_000;

/** What asking needs. */
export interface ConsumerLagOptions {
  /** Of an identity that may publish to `$JS.API.CONSUMER.INFO.<stream>.<consumer>` and listen on its own inbox. */
  readonly connection: NatsConnection;
  readonly stream: string;
  readonly consumer: string;
  /** @default ANSWER_TIMEOUT_MS */
  readonly timeoutMs?: number;
}

type Answer = Partial<ConsumerInfo> & {
  readonly error?: { readonly code: number; readonly err_code?: number; readonly description?: string };
};

/** Reads a consumer once. Never rejects. */
export async function readConsumerLag(options: ConsumerLagOptions): Promise<Reading> {
  const { connection, stream, consumer, timeoutMs = ANSWER_TIMEOUT_MS } = options;
  const name = `${stream}/${consumer}`;
  const start = performance.now();
  const unknown = (cause: UnknownCause, reason: string): Reading => unknownReading(Date.now(), cause, reason);
  let answer: Answer;
  try {
    const reply = await connection.request(consumerInfoSubject(stream, consumer), Empty, {
      timeout: timeoutMs,
    });
    answer = reply.json<Answer>();
  } catch (error) {
    if (error instanceof NatsError && error.code === ErrorCode.Timeout)
      return unknown(
        'late',
        `no answer about ${name} within ${timeoutMs} ms: it has no leader, or the cluster is away`,
      );
    if (error instanceof NatsError && error.code === ErrorCode.NoResponders)
      return unknown('failed', `nobody answers about ${name}: JetStream is not ready`);
    return unknown('failed', `can't ask about ${name}: ${reasonOf(error)}`);
  }
  const tookMs = performance.now() - start;
  if (tookMs > timeoutMs) return unknown('late', `the answer about ${name} took ${Math.round(tookMs)} ms`);
  if (answer.error) {
    const { code, err_code, description = 'no description' } = answer.error;
    const missing = err_code !== undefined && NO_CONSUMER.includes(err_code);
    return unknown(missing ? 'missing' : 'failed', `${name}: ${description} (${err_code ?? code})`);
  }
  if (!isComplete(answer)) return unknown('failed', `the answer about ${name} is not one of a consumer`);
  if (answer.paused) return unknown('paused', `${name} is paused`);
  const doubt = doubtLeader(answer);
  if (doubt) return unknown('leaderless', `${name}: ${doubt}`);
  return knownReading(answer, tookMs);
}

type CompleteAnswer = Answer & ConsumerInfo;

const isComplete = (answer: Answer): answer is CompleteAnswer =>
  [
    answer.num_pending,
    answer.num_ack_pending,
    answer.delivered?.consumer_seq,
    answer.delivered?.stream_seq,
    answer.ack_floor?.consumer_seq,
  ].every(Number.isInteger);

/** A leader that has lost its quorum goes on answering with what it knew then, for longer than anybody should believe it. */
function doubtLeader({ cluster, config }: CompleteAnswer): string | undefined {
  // A single server.
  if (!cluster) return undefined;
  if (!cluster.leader) return 'it has no leader';
  const replicas = cluster.replicas ?? [];
  const servers = replicas.length + 1;
  const heard = replicas.filter(({ offline, active }) => !offline && active < SILENT_AFTER_MS * 1e6).length;
  if (2 * (heard + 1) > Math.max(servers, config.num_replicas ?? 1)) return undefined;
  return `its leader ${cluster.leader} hears from ${heard} of ${servers - 1} replicas`;
}

function knownReading(answer: CompleteAnswer, tookMs: number): Reading {
  const { max_ack_pending: maxAckPending } = answer.config;
  return {
    status: 'known',
    atMs: Date.now(),
    tookMs,
    createdAtMs: Date.parse(answer.created),
    pending: answer.num_pending,
    ackPending: answer.num_ack_pending,
    redelivered: answer.num_redelivered,
    delivered: answer.delivered.consumer_seq,
    deliveredSequence: answer.delivered.stream_seq,
    ackFloor: answer.ack_floor.consumer_seq,
    waiting: answer.num_waiting,
    maxAckPending: maxAckPending !== undefined && maxAckPending > 0 ? maxAckPending : undefined,
  };
}
