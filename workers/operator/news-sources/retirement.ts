// What comes next when a NewsSource is deleted: computed from what is still there, so that whoever leads goes on in the middle.
// Nothing that was fetched is lost: first nothing more is fetched, then all of it is worked off, then the rest is removed.

/** How far something is that takes its time to end. */
export type Presence = 'there' | 'ending' | 'gone';

/** What its consumer has left to do; a consumer that is not there has nothing. */
export type Backlog =
  | { readonly status: 'known'; readonly messages: number }
  | { readonly status: 'missing' }
  | { readonly status: 'unknown'; readonly reason: string };

/** What is still there of a source. */
export interface Remains {
  /** Schedules and due polls of its feeds. */
  readonly polls: number;
  /** Deployments, with their pods. */
  readonly exporter: Presence;
  readonly consumer: Presence;
  readonly backlog: Backlog;
  /**
   * Documents in the stream, those of the backlog included. What is left of them without a backlog used up its deliveries: the
   * stream keeps it, since nobody acknowledged it.
   */
  readonly documents: number;
  /** Consumers of JetStream. */
  readonly consumers: number;
  /** Whether any server still knows its identities. */
  readonly permitted: boolean;
  /** Secrets, scalers and the like. */
  readonly objects: number;
}

export const STEPS = [
  'unschedule',
  'stop-exporter',
  'drain',
  'stop-consumer',
  'forget',
  'revoke',
  'remove',
  'release',
] as const;
export type StepName = (typeof STEPS)[number];

/** A step, and whether it is under way already. */
export interface Step {
  readonly name: StepName;
  /** What it waits for, for people; there is nothing to do until then. */
  readonly waitsFor?: string;
  /** Documents that used up their deliveries and stay in the stream, once all others are worked off. @default 0 */
  readonly left?: number;
}

/** Finds the step that a source is at. */
export function nextStep({ polls, exporter, consumer, backlog, ...rest }: Remains): Step {
  if (polls > 0) return { name: 'unschedule' };
  if (exporter === 'there') return { name: 'stop-exporter' };
  if (exporter === 'ending') return { name: 'stop-exporter', waitsFor: 'the exporter to end' };
  if (backlog.status === 'unknown') return { name: 'drain', waitsFor: `word of its consumer: ${backlog.reason}` };
  // It is still declared, and made anew: whoever it waits for has not worked anything off meanwhile.
  if (backlog.status === 'missing' && consumer === 'there' && rest.documents > 0) {
    return { name: 'drain', waitsFor: 'its consumer, which is missing in JetStream' };
  }
  if (backlog.status === 'known' && backlog.messages > 0) {
    return { name: 'drain', waitsFor: `${countDocuments(backlog.messages)} to be worked off` };
  }
  const left = rest.documents > 0 ? { left: rest.documents } : {};
  if (consumer === 'there') return { name: 'stop-consumer', ...left };
  if (consumer === 'ending') return { name: 'stop-consumer', waitsFor: 'the consumer to end', ...left };
  if (rest.consumers > 0) return { name: 'forget', ...left };
  if (rest.permitted) return { name: 'revoke', waitsFor: 'the servers to forget its identities', ...left };
  return { name: rest.objects > 0 ? 'remove' : 'release', ...left };
}

/** A number of documents, for people. */
export const countDocuments = (count: number): string => `${count} ${count === 1 ? 'document' : 'documents'}`;

/** Whether the source is still to be part of what is declared: its consumer works, with its identity. */
export const isDeclared = ({ name }: Step): boolean => STEPS.indexOf(name) < STEPS.indexOf('forget');
