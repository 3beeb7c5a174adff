// The metrics of certificates. Only the replica that leads shows any.
import type { MetricSpec } from '../../contract/metrics.ts';
import { counter, gauge, type Registry } from '../../runtime/metrics.ts';

const EXPIRY: MetricSpec<'secret'> = {
  name: 'newsjet_certificate_expiry_timestamp_seconds',
  help: 'When the certificate in a Secret ends, as Unix time',
  labelNames: ['secret'],
};
const RENEWALS: MetricSpec<'secret'> = {
  name: 'newsjet_certificate_renewals_total',
  help: 'Certificates and authorities issued',
  labelNames: ['secret'],
};
const PROBLEM: MetricSpec<'secret'> = {
  name: 'newsjet_certificate_problem',
  help: 'Whether a Secret has a problem that only people can mend (1) or none (0)',
  labelNames: ['secret'],
};
const SERVERS_BEHIND: MetricSpec = {
  name: 'newsjet_nats_servers_behind',
  help: 'NATS servers that do not present the certificate of their Secret',
  labelNames: [],
};

export class CertificateMetrics {
  readonly #expiry;
  readonly #renewals;
  readonly #problem;
  readonly #behind;

  constructor(registry: Registry) {
    this.#expiry = gauge(registry, EXPIRY);
    this.#renewals = counter(registry, RENEWALS);
    this.#problem = gauge(registry, PROBLEM);
    this.#behind = gauge(registry, SERVERS_BEHIND);
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
