// Says what drifted: each repair once, and what is not repaired once for as long as it stays so. Log, metrics and Events.
import { METRICS } from '../../contract/metrics.ts';
import type { Logger } from '../../runtime/log.ts';
import { counter, gauge, type Registry } from '../../runtime/metrics.ts';
import type { EventReport } from '../kubernetes/event-record.ts';
import { describeTarget, type Target } from './target.ts';

export class DriftReport {
  readonly #log: Logger;
  readonly #recordEvent: (report: EventReport) => void;
  readonly #repairs;
  readonly #unrepairable;
  /** Why each thing is not repaired, as it was last said. */
  readonly #said = new Map<string, { readonly target: Target; readonly reason: string }>();

  constructor(log: Logger, registry: Registry, recordEvent: (report: EventReport) => void) {
    this.#log = log;
    this.#recordEvent = recordEvent;
    this.#repairs = counter(registry, METRICS.driftRepairs);
    this.#unrepairable = gauge(registry, METRICS.driftUnrepairable);
  }

  /** @param note what was done, and what could not be brought back */
  repaired(target: Target, note: string): void {
    this.#repairs.inc({ ...target });
    this.#log.warn({ ...target }, note);
    this.#recordEvent({ type: 'Normal', reason: 'DriftRepaired', action: 'Repair', note });
  }

  /** Something is not as declared, and stays so. */
  unrepairable(target: Target, reason: string): void {
    const key = describeTarget(target);
    if (this.#said.get(key)?.reason === reason) return;
    this.#said.set(key, { target, reason });
    this.#unrepairable.set({ ...target }, 1);
    this.#log.error({ ...target, reason }, 'not as declared, and not repaired');
    this.#recordEvent({ type: 'Warning', reason: 'DriftUnrepairable', action: 'Repair', note: reason });
  }

  /** It is as declared. */
  settled(target: Target): void {
    if (!this.#said.delete(describeTarget(target))) return;
    this.#unrepairable.remove({ ...target });
    this.#log.info({ ...target }, 'as declared again');
  }

  /** Forgets what is not declared any more. */
  keepOnly(targets: readonly Target[]): void {
    const declared = new Set(targets.map(describeTarget));
    for (const [key, { target }] of this.#said) {
      if (declared.has(key)) continue;
      this.#said.delete(key);
      this.#unrepairable.remove({ ...target });
    }
  }

  /** Somebody else leads: nothing is counted twice. */
  clear(): void {
    this.keepOnly([]);
  }
}
