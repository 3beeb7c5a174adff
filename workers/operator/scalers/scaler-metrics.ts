// The metrics of scaling. Only the replica that leads shows any of a scaler, so that nothing is counted twice.
import { METRICS } from '../../contract/metrics.ts';
import { counter, gauge, type Registry } from '../../runtime/metrics.ts';
import type { Decision } from '../scaling/decision.ts';
import { lagOf, type Reading } from '../scaling/reading.ts';

/** What became of a change of replicas. */
export type WriteOutcome = 'done' | 'conflict' | 'failed';

export class ScalerMetrics {
  readonly #decisions;
  readonly #writes;
  readonly #gauges;
  readonly #leader;

  constructor(registry: Registry) {
    this.#decisions = counter(registry, METRICS.scalerDecisions);
    this.#writes = counter(registry, METRICS.scalerWrites);
    this.#gauges = {
      desired: gauge(registry, METRICS.scalerDesired),
      maximum: gauge(registry, METRICS.scalerMaximum),
      replicas: gauge(registry, METRICS.scalerReplicas),
      ready: gauge(registry, METRICS.scalerReady),
      lag: gauge(registry, METRICS.scalerLag),
      unknown: gauge(registry, METRICS.scalerUnknown),
    };
    this.#leader = gauge(registry, METRICS.operatorLeader);
    this.#leader.set(0);
  }

  /** Says who leads; who does not shows nothing of scalers. */
  lead(leading: boolean): void {
    this.#leader.set(leading ? 1 : 0);
    if (!leading) for (const each of Object.values(this.#gauges)) each.reset();
  }

  /** @param maximum of its spec */
  reading(scaler: string, reading: Reading, maximum: number): void {
    this.#gauges.maximum.set({ scaler }, maximum);
    this.#gauges.unknown.set({ scaler }, reading.status === 'unknown' ? 1 : 0);
    // No lag at all, rather than an old one or 0.
    if (reading.status === 'unknown') this.#gauges.lag.remove({ scaler });
    else this.#gauges.lag.set({ scaler }, lagOf(reading));
  }

  decision(scaler: string, { replicas: desired, reason }: Decision, replicas: number, ready: number): void {
    this.#decisions.inc({ scaler, reason });
    this.#gauges.desired.set({ scaler }, desired);
    this.#gauges.replicas.set({ scaler }, replicas);
    this.#gauges.ready.set({ scaler }, ready);
  }

  write(scaler: string, direction: 'up' | 'down', outcome: WriteOutcome): void {
    this.#writes.inc({ scaler, direction, outcome });
  }

  /** Forgets a scaler that is gone. */
  forget(scaler: string): void {
    for (const each of Object.values(this.#gauges)) each.remove({ scaler });
  }
}
