// Events as the API server keeps them (events.k8s.io/v1): what happened to an object, for whoever describes it.
import { randomUUID } from 'node:crypto';
import { microTime } from './clock.ts';
import type { KubernetesObject } from './object.ts';
import { defineResource } from './resource.ts';

export interface ObjectReference {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid?: string;
}

export interface EventObject extends KubernetesObject {
  readonly eventTime: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly action: string;
  readonly reason: string;
  readonly regarding: ObjectReference;
  readonly note: string;
  readonly type: EventType;
  /** There when it happened again: how often, and when last. */
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
}

export type EventType = 'Normal' | 'Warning';

/** What happened. */
export interface EventReport {
  readonly type: EventType;
  /** Why, for machines: such as `ScaledUp`, at most 128 characters. */
  readonly reason: string;
  /** What was done, or tried: such as `Scale`. */
  readonly action: string;
  /** For people; cut at 1 kB. */
  readonly note: string;
}

export const EVENTS = defineResource<EventObject>({
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
});

/** What the API server accepts of a note, in bytes. */
const MAX_NOTE = 1_024;
const MAX_REASON = 128;
/** Leaves room for a suffix in the 253 of a name. */
const MAX_NAME = 200;

/** The Event of something that happened for the first time. */
export function createEvent(
  object: KubernetesObject,
  report: EventReport,
  reporter: { readonly controller: string; readonly instance: string; readonly now: Date },
): EventObject {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace, uid } = metadata;
  return {
    metadata: {
      name: `${name.slice(0, MAX_NAME).replace(/[^a-z0-9]+$/, '')}.${randomUUID().slice(0, 13)}`,
      namespace: namespace ?? 'default',
    },
    eventTime: microTime(reporter.now),
    reportingController: reporter.controller,
    reportingInstance: reporter.instance.slice(0, MAX_REASON),
    action: report.action.slice(0, MAX_REASON),
    reason: report.reason.slice(0, MAX_REASON),
    regarding: {
      ...(apiVersion !== undefined && { apiVersion }),
      ...(kind !== undefined && { kind }),
      ...(namespace !== undefined && { namespace }),
      name,
      ...(uid !== undefined && { uid }),
    },
    note: cut(report.note),
    type: report.type,
  };
}

function cut(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= MAX_NOTE) return note;
  // A character that the cut goes through is left out; the ellipsis takes three bytes.
  return `${new TextDecoder().decode(bytes.subarray(0, MAX_NOTE - 3), { stream: true })}…`;
}
