// What the server would drop of a stream if its limits became narrower. Pure.
import type { StreamState } from 'nats';
import type { ServerStream } from './server-form.ts';

const NANOS_PER_MS = 1e6;

/** What is known of what a stream holds. */
export type Holdings = Pick<StreamState, 'bytes' | 'messages' | 'first_ts'> & { readonly num_subjects?: number };

/**
 * Says in words what an update would drop: whatever is beyond a limit that changes.
 * @param changed properties that differ
 */
export function droppedBy(
  declared: ServerStream,
  changed: readonly string[],
  { bytes, messages, first_ts, num_subjects = 0 }: Holdings,
  nowMs: number,
): string[] {
  const limit = (property: 'max_bytes' | 'max_msgs' | 'max_age' | 'max_msgs_per_subject'): number => {
    const value = changed.includes(property) ? declared[property] : undefined;
    // Neither 0 nor -1 is a limit.
    return value !== undefined && value > 0 ? value : Number.POSITIVE_INFINITY;
  };
  const dropped: string[] = [];
  if (bytes > limit('max_bytes')) dropped.push(`${bytes} bytes are stored, max_bytes is ${declared.max_bytes}`);
  if (messages > limit('max_msgs')) dropped.push(`${messages} messages are stored, max_msgs is ${declared.max_msgs}`);
  const oldestMs = messages > 0 ? nowMs - Date.parse(first_ts as unknown as string) : 0;
  const maxAgeMs = limit('max_age') / NANOS_PER_MS;
  if (oldestMs > maxAgeMs) dropped.push(`the oldest message is of ${first_ts}, max_age is ${maxAgeMs} ms`);
  // The most that one subject can hold: every other one holds a message at least.
  const fullest = messages - Math.max(0, num_subjects - 1);
  if (fullest > limit('max_msgs_per_subject')) {
    dropped.push(
      `${messages} messages are stored on ${num_subjects} subjects, max_msgs_per_subject is ${declared.max_msgs_per_subject}`,
    );
  }
  return dropped;
}
