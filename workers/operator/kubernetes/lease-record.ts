// The Lease that candidates write to: reading it, and what each writes.
import { microTime } from './clock.ts';
import type { KubernetesObject } from './object.ts';
import { defineResource } from './resource.ts';

export interface LeaseSpec {
  /** Empty when the last holder gave it up. */
  readonly holderIdentity?: string;
  /** For how long after each renewal nobody else may take it. */
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  /** How often it went from one to another. */
  readonly leaseTransitions?: number;
}

export interface Lease extends KubernetesObject {
  readonly spec?: LeaseSpec;
}

export const LEASES = defineResource<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
});

/** What a candidate writes that takes the lease, or renews it. */
export function heldSpec(before: LeaseSpec, identity: string, leaseDurationSeconds: number, now: Date): LeaseSpec {
  const renewTime = microTime(now);
  const transitions = before.leaseTransitions ?? 0;
  const mine = before.holderIdentity === identity;
  return {
    holderIdentity: identity,
    leaseDurationSeconds,
    acquireTime: mine ? (before.acquireTime ?? renewTime) : renewTime,
    renewTime,
    leaseTransitions: mine ? transitions : transitions + 1,
  };
}

/** What a holder writes that gives the lease up: the next may take it at once. */
export function releasedSpec(before: LeaseSpec, now: Date): LeaseSpec {
  const renewTime = microTime(now);
  const leaseTransitions = before.leaseTransitions ?? 0;
  return { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: renewTime, renewTime, leaseTransitions };
}
