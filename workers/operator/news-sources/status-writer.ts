// Writes the status of NewsSources where it says something new, and records an Event when a condition has another reason.
import { CONDITION_STATES } from '../../contract/custom-resource.ts';
import type { NewsSourceStatus } from '../../contract/news-source.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { ConflictError, NotFoundError } from '../kubernetes/errors.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import { apiVersionOf } from '../kubernetes/resource.ts';
import { NEWS_SOURCES, type NewsSource } from './resources.ts';
import { type Observation, statusOf } from './status.ts';

export interface StatusWriterOptions {
  readonly client: Pick<KubernetesClient, 'patchStatus'>;
  readonly recorder: Pick<EventRecorder, 'record'>;
  readonly now: () => Date;
  readonly monotonicMs: () => number;
}

/** A feed that is polled every second is not worth a write every second. */
const FIGURES_EVERY_MS = 10_000;
const [TRUE] = CONDITION_STATES;

export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #writtenAtMs = new Map<string, number>();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** Writes what is new of a status. */
  async write(source: NewsSource, observation: Observation, signal: AbortSignal): Promise<void> {
    const { client, now, monotonicMs } = this.#options;
    const { name, namespace, uid = '' } = source.metadata;
    const status = statusOf(observation, source.status, now().toISOString());
    if (JSON.stringify(sorted(status)) === JSON.stringify(sorted(source.status))) return;
    const changed = reasonsOf(status) !== reasonsOf(source.status) || figuresOf(status) !== figuresOf(source.status);
    const ageMs = monotonicMs() - (this.#writtenAtMs.get(uid) ?? -Infinity);
    if (!changed && ageMs < FIGURES_EVERY_MS) return;
    try {
      await client.patchStatus(NEWS_SOURCES, { name, ...(namespace !== undefined && { namespace }) }, status, {
        signal,
      });
    } catch (error) {
      // Gone meanwhile, or made anew.
      if (error instanceof NotFoundError || error instanceof ConflictError) return;
      throw error;
    }
    this.#writtenAtMs.set(uid, monotonicMs());
    this.#report(source, status);
  }

  #report(source: NewsSource, status: NewsSourceStatus): void {
    for (const { type, status: state, reason, message } of status.conditions ?? []) {
      const before = source.status?.conditions?.find((condition) => condition.type === type);
      if (before?.reason === reason) continue;
      this.#options.recorder.record(
        { ...source, apiVersion: apiVersionOf(NEWS_SOURCES), kind: NEWS_SOURCES.kind },
        {
          type: state === TRUE || reason === 'Progressing' || reason === 'Draining' ? 'Normal' : 'Warning',
          reason: type === 'Accepted' && state !== TRUE ? `Refused${reason}` : reason,
          action: 'Reconcile',
          note: `${type} is ${state}: ${message}`,
        },
      );
    }
  }
}

const reasonsOf = (status: NewsSourceStatus | undefined): string =>
  JSON.stringify(status?.conditions?.map(({ type, status: state, reason, message }) => [type, state, reason, message]));
const figuresOf = (status: NewsSourceStatus | undefined): string =>
  JSON.stringify([status?.feeds && sorted(status.feeds), status?.observedGeneration]);

/** The API server has fields in an order of its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
