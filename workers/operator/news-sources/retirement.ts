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
}

/** Finds the step that a source is at. */
export function nextStep({ polls, exporter, consumer, backlog, consumers, permitted, objects }: Remains): Step {
  if (polls > 0) return { name: 'unschedule' };
  if (exporter === 'there') return { name: 'stop-exporter' };
  if (exporter === 'ending') return { name: 'stop-exporter', waitsFor: 'the exporter to end' };
  if (backlog.status === 'unknown') return { name: 'drain', waitsFor: `word of its consumer: ${backlog.reason}` };
  if (backlog.status === 'known' && backlog.messages > 0) {
    const { messages } = backlog;
    return { name: 'drain', waitsFor: `${messages} ${messages === 1 ? 'document' : 'documents'} to be worked off` };
  }
  if (consumer === 'there') return { name: 'stop-consumer' };
  if (consumer === 'ending') return { name: 'stop-consumer', waitsFor: 'the consumer to end' };
  if (consumers > 0) return { name: 'forget' };
  if (permitted) return { name: 'revoke', waitsFor: 'the servers to forget its identities' };
  return { name: objects > 0 ? 'remove' : 'release' };
}

/** Whether the source is still to be part of what is declared: its consumer works, with its identity. */
export const isDeclared = ({ name }: Step): boolean => STEPS.indexOf(name) < STEPS.indexOf('forget');
