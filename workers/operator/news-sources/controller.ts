// All NewsSources of a namespace: whoever leads makes what they call for, at every change and every half minute.
import type { Declaration } from '../../../cdk8s/synthesis.ts';
import type { FeedState } from '../../contract/feed-state.ts';
import type { PlannedCertificate } from '../../contract/secret-plan.ts';
import { reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { type Clock, SYSTEM_CLOCK } from '../kubernetes/clock.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { WorkQueue } from '../kubernetes/queue.ts';
import { apiVersionOf, type Resource } from '../kubernetes/resource.ts';
import { Watcher } from '../kubernetes/watcher.ts';
import { DEPLOYMENTS, type Deployment, WORKER_SCALERS } from '../scalers/resources.ts';
import type { Composer, Composition } from './composition.ts';
import type { IdentitySecrets } from './identity-secrets.ts';
import { describeEnd, judge, type Outcome } from './judgement.ts';
import { ObjectWriter } from './object-writer.ts';
import type { Pipeline } from './pipeline.ts';
import { Reconciler } from './reconciler.ts';
import { findRemovable } from './removable.ts';
import { CONFIG_MAPS, NETWORK_POLICIES, NEWS_SOURCES, type NewsSource, SOURCE_LABEL } from './resources.ts';
import type { Step } from './retirement.ts';
import { Retirer } from './retirer.ts';
import type { ServerPermissions } from './server-permissions.ts';
import { StatusWriter } from './status-writer.ts';

export interface NewsSourceControllerOptions {
  readonly namespace: string;
  readonly client: Pick<KubernetesClient, 'list' | 'watch' | 'apply' | 'patch' | 'delete'>;
  /** Of its own, so that no status holds up the work. */
  readonly statusClient: Pick<KubernetesClient, 'patchStatus'>;
  readonly recorder: Pick<EventRecorder, 'record'>;
  readonly composer: Composer;
  readonly pipeline: Pipeline;
  readonly permissions: ServerPermissions;
  readonly secrets: IdentitySecrets;
  /** Whether cert-manager issues the certificates. */
  readonly certManager: boolean;
  readonly log: Logger;
  /** Time between lists, and between passes while nothing changes. @default 30000 */
  readonly relistMs?: number;
  /** @default the system's */
  readonly clock?: Clock;
}

/** One pass serves all. */
const KEY = 'all';
/** Changes come in bursts. */
const GATHER_MS = 100;
/** While servers are behind, or something is retired. */
const SOON_MS = 1_000;
/** How often feeds are looked at. */
const FIGURES_EVERY_MS = 10_000;
/** Labels of the ConfigMap of the servers' configuration, and of the network policies. */
const PART_OF = 'app.kubernetes.io/part-of=newsjet';

export class NewsSourceController {
  /** Settles when all that is followed is known. It waits for ever if `run` ends before. */
  readonly synced: Promise<void>;
  readonly #options: NewsSourceControllerOptions;
  readonly #clock: Clock;
  readonly #watchers: ReadonlyMap<string, Watcher<KubernetesObject>>;
  readonly #sources: Watcher<NewsSource>;
  readonly #deployments: Watcher<Deployment>;
  readonly #writer: ObjectWriter;
  readonly #status: StatusWriter;
  readonly #figuresEveryMs: number;
  readonly #figures = new Map<string, { readonly atMs: number; readonly states: readonly FeedState[] }>();
  #declared: Declaration;
  #queue: WorkQueue | undefined;

  constructor(options: NewsSourceControllerOptions) {
    const { client, namespace, log, composer, statusClient, recorder } = options;
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#figuresEveryMs = Math.min(FIGURES_EVERY_MS, options.relistMs ?? FIGURES_EVERY_MS);
    this.#declared = composer.alone.composed;
    const watch = <T extends KubernetesObject>(resource: Resource<T>, labelSelector?: string): Watcher<T> =>
      new Watcher<T>({
        ...{ client, namespace, log, resource, clock: this.#clock },
        ...(labelSelector !== undefined && { labelSelector }),
        ...(options.relistMs !== undefined && { relistMs: options.relistMs }),
        onChange: () => this.#queue?.addAfter(KEY, GATHER_MS),
      });
    this.#sources = watch(NEWS_SOURCES);
    this.#deployments = watch(DEPLOYMENTS);
    this.#watchers = new Map<string, Watcher<KubernetesObject>>([
      [NEWS_SOURCES.plural, this.#sources],
      [DEPLOYMENTS.plural, this.#deployments],
      [WORKER_SCALERS.plural, watch(WORKER_SCALERS, SOURCE_LABEL)],
      [NETWORK_POLICIES.plural, watch(NETWORK_POLICIES)],
      [CONFIG_MAPS.plural, watch(CONFIG_MAPS, PART_OF)],
    ]);
    this.synced = Promise.all([...this.#watchers.values()].map(({ synced }) => synced)).then(() => {});
    const live = (resource: Resource, name: string): KubernetesObject | undefined =>
      this.#watchers.get(resource.plural)?.get(`${namespace}/${name}`);
    this.#writer = new ObjectWriter({ namespace, client, live, log });
    const { date: now, monotonicMs } = this.#clock;
    this.#status = new StatusWriter({ client: statusClient, recorder, now, monotonicMs });
  }

  /** The certificates that NewsSources call for, beyond those of charts/. */
  get certificates(): readonly PlannedCertificate[] {
    const { certificates } = this.#options.composer.alone.base.secrets;
    const there = new Set(certificates.map(({ secret }) => secret));
    return this.#declared.secrets.certificates.filter(({ secret }) => !there.has(secret));
  }

  /** What charts/ and the NewsSources call for, as far as this process knows: it knows of NewsSources once it leads. */
  get declared(): Declaration {
    return this.#declared;
  }

  /** Of which sources feeds that are not declared may be removed; asked of the API server. */
  removable(signal: AbortSignal): Promise<(source: string) => boolean> {
    return findRemovable(this.#options, signal);
  }

  /** Watches until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#watchers.values()].map((watcher) => watcher.run(signal)));
  }

  /** Makes and retires until the signal aborts; returns when nothing is being written any more. */
  async lead(signal: AbortSignal): Promise<void> {
    const {
      log,
      namespace,
      client,
      composer,
      pipeline,
      permissions,
      secrets,
      certManager,
      relistMs = 30_000,
    } = this.#options;
    const reconciler = new Reconciler({
      ...{ client, composer, pipeline, permissions, log, writer: this.#writer },
      retirer: new Retirer({ namespace, client, pipeline, secrets, certManager, writer: this.#writer }),
      secrets: certManager ? undefined : secrets,
      onDeclared: (declaration) => {
        this.#declared = declaration;
      },
    });
    const queue = new WorkQueue({
      log,
      clock: this.#clock,
      maxDelayMs: 10_000,
      work: async (_, working) => {
        const { composition, outcomes, pending, failure } = await reconciler.pass(this.#sources.all(), working);
        await this.#tell(outcomes, working);
        if (failure) throw failure;
        await this.#removeStrays(composition, working);
        queue.addAfter(KEY, pending ? SOON_MS : outcomes.length > 0 ? this.#figuresEveryMs : relistMs);
      },
    });
    await Promise.race([this.synced, aborted(signal)]);
    this.#queue = queue;
    queue.add(KEY);
    try {
      await queue.run(signal);
    } finally {
      this.#queue = undefined;
    }
  }

  /** Network policies that were there for sources which are gone. */
  async #removeStrays({ composed }: Composition, signal: AbortSignal): Promise<void> {
    const wanted = new Set(composed.manifests.filter(({ kind }) => kind === NETWORK_POLICIES.kind).map(nameOf));
    for (const { metadata } of this.#watchers.get(NETWORK_POLICIES.plural)?.all() ?? []) {
      if (metadata.labels?.[SOURCE_LABEL] === undefined || wanted.has(metadata.name)) continue;
      await this.#writer.remove(NETWORK_POLICIES, metadata.name, signal);
    }
  }

  async #tell(outcomes: readonly Outcome[], signal: AbortSignal): Promise<void> {
    const { namespace, log, recorder } = this.#options;
    for (const outcome of outcomes) {
      const { object, name, reading, retiring, held } = outcome.view;
      // Whoever is let go may be gone already, but what happened to it can be told.
      if (outcome.step?.name === 'release' && outcome.failure === undefined)
        recorder.record(...retired(outcome.step, object));
      if (retiring && (!held || outcome.step?.name === 'release')) continue;
      const { source } = reading;
      const observation = {
        generation: object.metadata.generation ?? 0,
        findings: judge(outcome, (worker) => this.#deployments.get(`${namespace}/${worker}`)),
        total: outcome.refusal ? 0 : source?.kind === 'rss' ? source.feeds.length : 1,
        states: outcome.refusal ? [] : await this.#statesOf(name),
      };
      try {
        await this.#status.write(object, observation, signal);
      } catch (error) {
        if (signal.aborted) throw error;
        log.warn({ source: name, reason: reasonOf(error) }, "can't write the status of a source");
      }
    }
  }

  async #statesOf(name: string): Promise<readonly FeedState[] | undefined> {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#figures.get(name);
    if (known && nowMs - known.atMs < this.#figuresEveryMs) return known.states;
    try {
      const states = await this.#options.pipeline.feedStates(name);
      this.#figures.set(name, { atMs: nowMs, states });
      return states;
    } catch (error) {
      this.#options.log.debug({ source: name, reason: reasonOf(error) }, "can't read the state of feeds");
      return known?.states;
    }
  }
}

/** The Event of a source that is let go. */
const retired = (step: Step, source: NewsSource): Parameters<EventRecorder['record']> => [
  { ...source, apiVersion: apiVersionOf(NEWS_SOURCES), kind: NEWS_SOURCES.kind },
  {
    ...{ type: step.left ? 'Warning' : 'Normal', reason: 'Retired', action: 'Reconcile' },
    note: describeEnd(step, source.metadata.name),
  },
];
const nameOf = ({ metadata }: { readonly metadata: { readonly name: string } }): string => metadata.name;
const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
