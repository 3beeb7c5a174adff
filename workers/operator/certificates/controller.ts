// Keeps every certificate of the plan good, while this process leads: reads the Secrets, does what the plan of renewal asks for,
// and has servers take up what is new.
import { SigningKeyError } from '../../../certs/authority.ts';
import { StoppingError } from '../../runtime/errors.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { type Clock, SYSTEM_CLOCK } from '../kubernetes/clock.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import { WorkQueue } from '../kubernetes/queue.ts';
import { type ActionContext, performAction, RENEWED_ANNOTATION } from './actions.ts';
import type { CertificatePlan } from './certificate-plan.ts';
import { Problems } from './problems.ts';
import { type RenewalAction, renewalPlan } from './renewal-plan.ts';
import type { StoredSecret } from './secret-object.ts';
import { SecretStore } from './secret-store.ts';
import { certificateOf, type ServerSettlement, settleServers } from './server-certificate.ts';
import { LIVES, type Lives } from './validity.ts';

export interface CertificateControllerOptions extends ServerSettlement {
  readonly namespace: string;
  /** Asked each time: there may be more certificates than before. */
  readonly plan: () => CertificatePlan;
  /** Of its own: it reads every Secret of the plan each time. */
  readonly client: Pick<KubernetesClient, 'get' | 'create' | 'replace'>;
  readonly recorder: Pick<EventRecorder, 'record'>;
  /** Has the database run with a certificate or a later one. @default there is no database to see to */
  readonly settleDatabase?: (serial: string, signal: AbortSignal) => Promise<void>;
  /** @default the library's */
  readonly lives?: Lives;
  /** How often Secrets are read. @default 30000 */
  readonly periodMs?: number;
  /** How soon it is looked again while something is under way. @default 5000 */
  readonly retryMs?: number;
  /**
   * How long everything has to be settled before the next phase of the authority's renewal: pods are given what their Secrets
   * hold within minutes. @default one hour
   */
  readonly settleMs?: number;
  /** @default the system's */
  readonly clock?: Clock;
}

type Change = Exclude<RenewalAction, { kind: 'warn' }>;

const KEY = 'certificates';

export class CertificateController {
  readonly #options: CertificateControllerOptions;
  readonly #clock: Clock;
  readonly #store: SecretStore;
  readonly #problems: Problems;
  #queue: WorkQueue | undefined;
  /** What was done last: the same again at once would be done for ever. */
  #lastDone = '';

  constructor(options: CertificateControllerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#store = new SecretStore(options);
    this.#problems = new Problems(options);
  }

  /**
   * Works until the signal aborts; returns when nothing is being written any more.
   * @param still whether this process leads, by the clock
   */
  async lead(signal: AbortSignal, still: () => boolean): Promise<void> {
    const { log, retryMs: firstDelayMs = 5_000 } = this.#options;
    const queue = new WorkQueue({
      work: async (_key, leading) => queue.addAfter(KEY, await this.#pass(leading, still)),
      ...{ log, clock: this.#clock, concurrency: 1, firstDelayMs },
    });
    this.#queue = queue;
    queue.add(KEY);
    try {
      await queue.run(signal);
    } finally {
      this.#queue = undefined;
      this.#problems.clear();
      this.#options.metrics.reset();
    }
  }

  /** Says that something may have changed. */
  hint(): void {
    this.#queue?.add(KEY);
  }

  /** @returns in how many milliseconds to look again */
  async #pass(signal: AbortSignal, still: () => boolean): Promise<number> {
    const { periodMs = 30_000, retryMs = 5_000, settleMs = 3_600_000 } = this.#options;
    const plan = this.#options.plan();
    const names = [plan.authority.secret, ...plan.certificates.map(({ secret }) => secret)];
    const secrets = await this.#store.read(names, signal);
    for (const name of names) this.#options.metrics.expiry(name, certificateOf(secrets.get(name))?.end);
    const serversSettled = await settleServers(secrets.get(plan.serverSecret), this.#options, signal);
    await this.#settleDatabase(secrets.get(plan.databaseSecret ?? ''), signal);
    const now = this.#clock.date();
    const actions = renewalPlan(plan, secrets, { now, serversSettled, settleMs });
    const changes = actions.filter((action): action is Change => action.kind !== 'warn');
    const problems = actions.filter((action) => action.kind === 'warn');
    for (const change of changes) {
      if (signal.aborted || !still()) throw new StoppingError();
      try {
        await this.#change(change, { plan, secrets, now }, signal);
      } catch (error) {
        if (!(error instanceof SigningKeyError)) throw error;
        problems.push({ kind: 'warn', secret: plan.authority.secret, problem: error.message });
      }
    }
    this.#problems.report(names, problems, this.#store);
    const done = JSON.stringify(changes.map(({ kind, secret }) => [kind, secret]));
    const again = done === this.#lastDone;
    this.#lastDone = done;
    if (changes.length > 0 && !again) return 0;
    return serversSettled ? periodMs : Math.min(periodMs, retryMs);
  }

  async #change(change: Change, context: Omit<ActionContext, 'lives'>, signal: AbortSignal): Promise<void> {
    const { lives = LIVES, log, metrics, recorder } = this.#options;
    const { secret: name, kind } = change;
    const { secret, reason, note } = await performAction(change, { ...context, lives });
    await this.#store.write(name, secret, signal);
    log.info({ secret: name, event: reason }, note);
    if (kind === 'mark-settled') return;
    recorder.record(this.#store.reference(name), { type: 'Normal', reason, action: 'Renew', note });
    if (kind === 'issue' || kind === 'found-authority' || kind === 'introduce-authority') metrics.renewed(name);
  }

  async #settleDatabase(secret: StoredSecret | undefined, signal: AbortSignal): Promise<void> {
    // Only what was issued here is news to the database: with the first one it has started.
    const serial = secret?.annotations[RENEWED_ANNOTATION];
    if (serial !== undefined) await this.#options.settleDatabase?.(serial, signal);
  }
}
