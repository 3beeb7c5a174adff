// The metrics of certificates. Only the replica that leads shows any.
import { METRICS } from '../../contract/metrics.ts';
import { counter, gauge, type Registry } from '../../runtime/metrics.ts';

export class CertificateMetrics {
  readonly #expiry;
  readonly #renewals;
  readonly #problem;
  readonly #behind;

  constructor(registry: Registry) {
    this.#expiry = gauge(registry, METRICS.certificateExpiry);
    this.#renewals = counter(registry, METRICS.certificateRenewals);
    this.#problem = gauge(registry, METRICS.certificateProblem);
    this.#behind = gauge(registry, METRICS.serversBehind);
  }

  /** @param end undefined when there is no certificate that could end */
  expiry(secret: string, end: Date | undefined): void {
    if (end) this.#expiry.set({ secret }, end.getTime() / 1_000);
    else this.#expiry.remove({ secret });
  }

  renewed(secret: string): void {
    this.#renewals.inc({ secret });
  }

  problem(secret: string, there: boolean): void {
    this.#problem.set({ secret }, there ? 1 : 0);
  }

  behind(servers: number): void {
    this.#behind.set(servers);
  }

  /** Shows nothing any more of what another replica sees to. */
  reset(): void {
    for (const each of [this.#expiry, this.#problem, this.#behind]) each.reset();
  }
}
