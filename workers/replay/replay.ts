// Publishes dead letters to the subjects that they came from, and removes each from the DLQ once JetStream has it again.
import { headers, type JetStreamClient, type JetStreamManager, type MsgHdrs, type NatsConnection } from 'nats';
import { DLQ_STREAM, dlqSubject, HEADER, NEWS_RECEIVED, sourceSubject } from '../contract/subjects.ts';
import { lastSequence, messagesFrom, type StoredMessage } from '../runtime/direct-get.ts';
import { reasonOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { persist } from '../runtime/retry.ts';

/** What a replay works with. */
export interface ReplayTools {
  readonly connection: NatsConnection;
  readonly client: Pick<JetStreamClient, 'publish'>;
  readonly manager: JetStreamManager;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** How a replay ended. */
export interface ReplayResult {
  readonly replayed: number;
  /** Those that could not be replayed, each with why. */
  readonly left: readonly string[];
}

/** Letters that are read at a time: their bodies are as large as documents are. */
const BATCH = 20;
const DLQ_HEADERS: ReadonlySet<string> = new Set([
  HEADER.dlqStream,
  HEADER.dlqConsumer,
  HEADER.dlqSubject,
  HEADER.dlqSequence,
  HEADER.dlqDeliveries,
  HEADER.dlqReason,
  HEADER.dlqTime,
]);

/** Replays letters, one after the other, in the order of the DLQ. */
export class Replay {
  readonly #tools: ReplayTools;
  readonly #left: string[] = [];
  #replayed = 0;

  constructor(tools: ReplayTools) {
    this.#tools = tools;
  }

  /** Replays the letters with these sequences of the stream DLQ. */
  async bySequence(sequences: readonly number[]): Promise<ReplayResult> {
    for (const sequence of new Set(sequences)) {
      const [letter] = await this.#read(sequence, dlqSubject('*', '*'), 1);
      if (letter?.sequence === sequence) await this.#replay(letter);
      else this.#left.push(`${sequence} is not in the DLQ`);
    }
    return this.#result();
  }

  /** Replays all that a consumer could not process so far; what fails again meanwhile is left for another time. */
  async ofConsumer(consumer: string): Promise<ReplayResult> {
    const subjects = dlqSubject('*', consumer);
    const { connection } = this.#tools;
    const last = await this.#persist(() => lastSequence(connection, DLQ_STREAM, subjects), 'read the DLQ');
    for (let next = 1; next <= last; ) {
      const letters = await this.#read(next, subjects, BATCH);
      const [latest] = letters.slice(-1);
      if (!latest) break;
      for (const letter of letters) if (letter.sequence <= last) await this.#replay(letter);
      next = latest.sequence + 1;
    }
    return this.#result();
  }

  #result(): ReplayResult {
    return { replayed: this.#replayed, left: this.#left };
  }

  #read(sequence: number, subjects: string, max: number): Promise<StoredMessage[]> {
    const { connection } = this.#tools;
    return this.#persist(() => messagesFrom(connection, DLQ_STREAM, { sequence, subjects, max }), 'read the DLQ');
  }

  async #replay({ sequence, time, headers: all, data }: StoredMessage): Promise<void> {
    const { client, log } = this.#tools;
    const subject = all.get(HEADER.dlqSubject);
    const refusal = refusalOf(subject);
    if (refusal) {
      this.#left.push(`${sequence} came from ${subject || 'nowhere'}: ${refusal}`);
      return;
    }
    // A replay that is repeated, for it ended before the letter was removed, must not put it back twice.
    const messageId = `replay:${sequence}:${time.getTime()}`;
    await this.#persist(
      () => client.publish(subject, data, { headers: ownHeaders(all), msgID: messageId }),
      `publish dead letter ${sequence} to ${subject}`,
    );
    await this.#persist(() => this.#remove(sequence), `remove ${sequence}`);
    this.#replayed++;
    log.info({ sequence, subject, was: all.get(HEADER.dlqReason) }, 'put back');
  }

  /** The server refuses when the letter is gone by now, for it has aged or made room for another: so much the better. */
  async #remove(sequence: number): Promise<void> {
    const { connection, manager } = this.#tools;
    try {
      await manager.streams.deleteMessage(DLQ_STREAM, sequence, false);
    } catch (error) {
      const query = { sequence, subjects: dlqSubject('*', '*'), max: 1 };
      const [found] = await messagesFrom(connection, DLQ_STREAM, query);
      if (found?.sequence === sequence) throw error;
    }
  }

  #persist<T>(work: () => Promise<T>, what: string): Promise<T> {
    const { signal, log } = this.#tools;
    return persist(work, {
      signal,
      maxDelayMs: 1_000,
      onFailure: (error, attempts) => log.warn({ attempts, reason: reasonOf(error) }, `can't ${what} yet`),
    });
  }
}

/** Why nothing may be put back on a subject, if so. */
function refusalOf(subject: string): string | undefined {
  if (subject === NEWS_RECEIVED || subject.startsWith(sourceSubject(''))) return undefined;
  if (subject.startsWith('FEEDS.')) return 'a poll needs no replay, the feed is polled again anyway';
  return 'only documents and received news can be replayed';
}

/**
 * The headers of the message as it was, and which one it was: it may have done some of its work then, and is to be known again
 * by what it did.
 */
function ownHeaders(all: MsgHdrs): MsgHdrs {
  const own = headers();
  for (const [name, values] of all) {
    if (DLQ_HEADERS.has(name) || (name.startsWith('Nats-') && name !== HEADER.schema)) continue;
    for (const value of values) own.append(name, value);
  }
  const [sequence, time] = [all.get(HEADER.dlqSequence), all.get(HEADER.dlqTime)];
  if (!own.has(HEADER.replayOf) && sequence && time) own.set(HEADER.replayOf, `${sequence}@${time}`);
  return own;
}
