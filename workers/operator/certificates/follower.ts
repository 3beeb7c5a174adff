// Where somebody else renews certificates, such as cert-manager: has the NATS servers take up what their Secret holds, while this
// process leads.
import type { KubernetesClient } from '../kubernetes/client.ts';
import { type Clock, SYSTEM_CLOCK } from '../kubernetes/clock.ts';
import { NotFoundError } from '../kubernetes/errors.ts';
import { WorkQueue } from '../kubernetes/queue.ts';
import { decodeSecret, SECRETS, type StoredSecret } from './secret-object.ts';
import { certificateOf, type ServerSettlement, settleServers } from './server-certificate.ts';

export interface CertificateFollowerOptions extends ServerSettlement {
  readonly namespace: string;
  /** The Secret of the servers' certificate. */
  readonly secret: string;
  readonly client: Pick<KubernetesClient, 'get'>;
  /** How often the Secret is read. @default 30000 */
  readonly periodMs?: number;
  /** How soon it is looked again while servers are behind. @default 5000 */
  readonly retryMs?: number;
  /** @default the system's */
  readonly clock?: Clock;
}

export class CertificateFollower {
  readonly #options: CertificateFollowerOptions;

  constructor(options: CertificateFollowerOptions) {
    this.#options = options;
  }

  /** Works until the signal aborts. */
  async lead(signal: AbortSignal): Promise<void> {
    const { secret, log, metrics, clock = SYSTEM_CLOCK, retryMs: firstDelayMs = 5_000 } = this.#options;
    const queue = new WorkQueue({
      work: async (_key, leading) => queue.addAfter(secret, await this.#pass(leading)),
      ...{ log, clock, concurrency: 1, firstDelayMs },
    });
    queue.add(secret);
    try {
      await queue.run(signal);
    } finally {
      metrics.reset();
    }
  }

  /** @returns in how many milliseconds to look again */
  async #pass(signal: AbortSignal): Promise<number> {
    const { secret, metrics, periodMs = 30_000, retryMs = 5_000 } = this.#options;
    const stored = await this.#read(signal);
    metrics.expiry(secret, certificateOf(stored)?.end);
    return (await settleServers(stored, this.#options, signal)) ? periodMs : Math.min(periodMs, retryMs);
  }

  async #read(signal: AbortSignal): Promise<StoredSecret | undefined> {
    const { client, namespace, secret: name } = this.#options;
    try {
      return decodeSecret(await client.get(SECRETS, { namespace, name }, { signal }));
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }
}
