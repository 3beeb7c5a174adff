// What only people can mend: said when it comes up, and again only when it is something else.
import type { Logger } from '../../runtime/log.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import type { CertificateMetrics } from './certificate-metrics.ts';

export interface ProblemsOptions {
  readonly log: Logger;
  readonly recorder: Pick<EventRecorder, 'record'>;
  readonly metrics: CertificateMetrics;
}

/** What is wrong with a Secret. */
export interface Problem {
  readonly secret: string;
  readonly problem: string;
}

/** Names Secrets in Events. */
interface References {
  reference(name: string): KubernetesObject;
}

export class Problems {
  readonly #options: ProblemsOptions;
  readonly #known = new Map<string, string>();

  constructor(options: ProblemsOptions) {
    this.#options = options;
  }

  /** Takes over all that is wrong now with the Secrets of these names. */
  report(names: readonly string[], problems: readonly Problem[], references: References): void {
    for (const name of names) {
      const found = problems.find(({ secret }) => secret === name)?.problem;
      this.#options.metrics.problem(name, found !== undefined);
      if (found === this.#known.get(name)) continue;
      if (found === undefined) this.#known.delete(name);
      else this.#tell(name, found, references);
    }
  }

  clear(): void {
    this.#known.clear();
  }

  #tell(name: string, problem: string, references: References): void {
    const { log, recorder } = this.#options;
    this.#known.set(name, problem);
    log.warn({ secret: name }, problem);
    const event = { type: 'Warning', reason: 'CertificateProblem', action: 'Renew', note: problem } as const;
    recorder.record(references.reference(name), event);
  }
}
