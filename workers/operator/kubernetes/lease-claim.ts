// One candidate's view of the Lease: who holds it, since when nobody has renewed it, and taking it.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { KubernetesClient } from './client.ts';
import type { Clock } from './clock.ts';
import { AlreadyExistsError, ConflictError, NotFoundError } from './errors.ts';
import { heldSpec, LEASES, type Lease, releasedSpec } from './lease-record.ts';

export interface LeaseClaimOptions {
  readonly client: Pick<KubernetesClient, 'get' | 'create' | 'replace'>;
  readonly namespace: string;
  readonly name: string;
  readonly identity?: string;
  readonly leaseDurationMs: number;
  readonly clock: Clock;
}

export class LeaseClaim {
  readonly identity: string;
  readonly #options: LeaseClaimOptions;
  #lease: Lease | undefined;
  #seen = '';
  /** When the Lease was last seen to change, by our own clock: those of others may be wrong. */
  #changedAtMs = Number.NEGATIVE_INFINITY;
  #renewedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: LeaseClaimOptions) {
    this.#options = options;
    this.identity = options.identity ?? `${hostname()}_${randomUUID()}`;
  }

  /** When the last successful renewal was begun: the earliest time from which others may have begun to wait. */
  get renewedAtMs(): number {
    return this.#renewedAtMs;
  }

  /**
   * Takes the Lease, or renews it.
   * @returns false when another has it, or was faster
   */
  async attempt(signal: AbortSignal): Promise<boolean> {
    try {
      if (this.#mine() && this.#lease) return await this.#write(this.#lease, signal);
    } catch (error) {
      // Perhaps an earlier renewal of ours arrived, and only its answer did not; or somebody deleted it.
      if (!(error instanceof ConflictError || error instanceof NotFoundError)) throw error;
    }
    try {
      const lease = await this.#options.client.get(LEASES, this.#options, { signal });
      this.#observe(lease);
      return !this.#heldByAnother() && (await this.#write(lease, signal));
    } catch (error) {
      if (error instanceof NotFoundError) return this.#create(signal);
      if (error instanceof ConflictError) return false;
      throw error;
    }
  }

  /** Gives the Lease up, unless somebody else has it. */
  async release(signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    for (let attempts = 1; this.#lease && this.#mine(); attempts++) {
      const spec = releasedSpec(this.#lease.spec ?? {}, clock.date());
      try {
        this.#observe(await client.replace(LEASES, { ...this.#lease, spec }, { signal }));
      } catch (error) {
        if (!(error instanceof ConflictError) || attempts > 1) throw error;
        this.#observe(await client.get(LEASES, this.#options, { signal }));
      }
    }
  }

  async #create(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, name, clock } = this.#options;
    const begunAtMs = clock.monotonicMs();
    const lease = { metadata: { namespace, name }, spec: this.#spec({ spec: { leaseTransitions: -1 } }) };
    try {
      this.#observe(await client.create(LEASES, lease, { signal }));
      this.#renewedAtMs = begunAtMs;
      return true;
    } catch (error) {
      if (error instanceof AlreadyExistsError) return false;
      throw error;
    }
  }

  async #write(lease: Lease, signal: AbortSignal): Promise<boolean> {
    const begunAtMs = this.#options.clock.monotonicMs();
    this.#observe(await this.#options.client.replace(LEASES, { ...lease, spec: this.#spec(lease) }, { signal }));
    this.#renewedAtMs = begunAtMs;
    return true;
  }

  #spec({ spec = {} }: Pick<Lease, 'spec'>): NonNullable<Lease['spec']> {
    const { leaseDurationMs, clock } = this.#options;
    return heldSpec(spec, this.identity, leaseDurationMs / 1_000, clock.date());
  }

  #observe(lease: Lease): void {
    const seen = JSON.stringify([lease.metadata.uid, lease.spec]);
    if (seen !== this.#seen) this.#changedAtMs = this.#options.clock.monotonicMs();
    this.#seen = seen;
    this.#lease = lease;
  }

  #mine(): boolean {
    return this.#lease?.spec?.holderIdentity === this.identity;
  }

  #heldByAnother(): boolean {
    const { holderIdentity, leaseDurationSeconds = 0 } = this.#lease?.spec ?? {};
    if (!holderIdentity || this.#mine()) return false;
    return this.#changedAtMs + leaseDurationSeconds * 1_000 > this.#options.clock.monotonicMs();
  }
}
