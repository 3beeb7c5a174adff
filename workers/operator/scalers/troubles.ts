// Reports what keeps a scaler from scaling, once it has lasted: one answer that is late is no reason to call anybody.
import type { ConditionType, ScalerCondition } from '../../contract/worker-scaler.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import { apiVersionOf } from '../kubernetes/resource.ts';
import { WORKER_SCALERS, type WorkerScaler } from './resources.ts';

/** So long a condition must be false without a break. */
export const TROUBLE_AFTER_MS = 5_000;

/** A condition that is false. */
interface Trouble {
  readonly sinceMs: number;
  /** Reasons that were reported already. */
  readonly told: Set<string>;
}

export class Troubles {
  readonly #recorder: Pick<EventRecorder, 'record'>;
  readonly #monotonicMs: () => number;
  readonly #troubles = new Map<ConditionType, Trouble>();

  constructor(recorder: Pick<EventRecorder, 'record'>, monotonicMs: () => number) {
    this.#recorder = recorder;
    this.#monotonicMs = monotonicMs;
  }

  /** Takes in what is so now; to be told every second or so. */
  observe(scaler: WorkerScaler, conditions: readonly ScalerCondition[]): void {
    for (const { type, status, reason, message } of conditions) {
      if (type === 'ScalingLimited') continue;
      if (status !== 'False') {
        this.#troubles.delete(type);
        continue;
      }
      const trouble = this.#troubles.get(type) ?? { sinceMs: this.#monotonicMs(), told: new Set() };
      this.#troubles.set(type, trouble);
      if (trouble.told.has(reason) || this.#monotonicMs() - trouble.sinceMs < TROUBLE_AFTER_MS) continue;
      trouble.told.add(reason);
      const object = { ...scaler, apiVersion: apiVersionOf(WORKER_SCALERS), kind: WORKER_SCALERS.kind };
      this.#recorder.record(object, { type: 'Warning', reason, action: 'Scale', note: message });
    }
  }

  /** Somebody else reports from now on. */
  forget(): void {
    this.#troubles.clear();
  }
}
