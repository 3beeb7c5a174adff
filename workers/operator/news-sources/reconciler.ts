// One pass over all NewsSources: what each calls for is made, in the order in which one thing needs the other; what is deleted
// is retired by a step. Every pass begins anew from what there is, so that it does not matter where the last one ended.
import type { Declaration } from '../../../cdk8s/synthesis.ts';
import { DRAIN_FINALIZER } from '../../contract/news-source.ts';
import type { StreamSpec } from '../../contract/streams.ts';
import { reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { Composer, Composition } from './composition.ts';
import type { IdentitySecrets } from './identity-secrets.ts';
import { type Outcome, type Refused, unreadable } from './judgement.ts';
import type { ObjectWriter } from './object-writer.ts';
import {
  configurationTag,
  type PlannedObject,
  planCertificates,
  planObjects,
  type SourcePlace,
  type Stage,
} from './objects.ts';
import type { Pipeline } from './pipeline.ts';
import { NEWS_SOURCES, type NewsSource } from './resources.ts';
import { isDeclared, STEPS, type Step } from './retirement.ts';
import type { Retirer } from './retirer.ts';
import type { ServerPermissions } from './server-permissions.ts';
import { ownerOf, retiringSource, SourceReader, type SourceView } from './source-view.ts';

export interface ReconcilerOptions {
  readonly client: Pick<KubernetesClient, 'patch'>;
  readonly composer: Composer;
  readonly writer: ObjectWriter;
  readonly retirer: Retirer;
  /** Undefined where cert-manager issues certificates. */
  readonly secrets: Pick<IdentitySecrets, 'ensure'> | undefined;
  readonly permissions: Pick<ServerPermissions, 'settle' | 'isConfirmed'>;
  readonly pipeline: Pick<Pipeline, 'provision' | 'schedule'>;
  /** Told what is declared, before anything is made of it. */
  readonly onDeclared: (declaration: Declaration) => void;
  readonly log: Logger;
}

/** What came of a pass. */
export interface PassResult {
  readonly composition: Composition;
  readonly outcomes: readonly Outcome[];
  /** Whether something is under way that is worth another look soon. */
  readonly pending: boolean;
  /** What could not be done, and is to be tried again. */
  readonly failure: Error | undefined;
}

/** Work on sources that goes on when one of them fails. */
type Failures = Map<string, string>;

export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #reader = new SourceReader();
  #composed: { readonly print: string; readonly composition: Composition } | undefined;
  /** As they were last found. */
  #steps: ReadonlyMap<string, Step> = new Map();
  /** Sources of the composition that the servers were last seen with; undefined before that. */
  #permitted: ReadonlySet<string> | undefined;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** @param objects all NewsSources that there are */
  async pass(objects: readonly NewsSource[], signal: AbortSignal): Promise<PassResult> {
    const { composer, onDeclared } = this.#options;
    const failures: Failures = new Map();
    const views = this.#reader.read(objects);
    const steps = await this.#look(views, failures, signal);
    // Before anything is made for it: whoever deletes it then waits until all of that is gone.
    const held = views.filter((view) => !view.retiring && !unreadable(view) && !composer.isTaken(view.name));
    for (const view of held) await this.#guard(view.name, failures, () => this.#hold(view, signal));
    const composition = this.#compose(
      views.filter(({ name }) => !failures.has(name) || steps.has(name)),
      steps,
    );
    onDeclared(composition.composed);
    const refusals = new Map(
      views.flatMap((view) => {
        const refusal = this.#refusalOf(view, composition);
        return refusal && !view.retiring ? [[view.name, refusal] as const] : [];
      }),
    );
    const there = new Set(composition.sources.map(({ name }) => name));
    const active = views.filter(({ name, retiring }) => !retiring && there.has(name));
    for (const view of views) {
      const step = steps.get(view.name);
      if (step && !failures.has(view.name)) {
        await this.#guard(view.name, failures, () => this.#retire(view, step, signal));
      } else if (view.retiring && view.held && composer.isTaken(view.name)) {
        await this.#guard(view.name, failures, () => this.#handOver(view, signal));
      }
    }
    let waitsFor: string | undefined;
    let interruption: string | undefined;
    let failure: Error | undefined;
    try {
      waitsFor = await this.#make(composition, active, steps, failures, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      failure = error as Error;
      interruption = reasonOf(error);
    }
    if (failures.size > 0) failure ??= new Error(`sources failed: ${[...failures.keys()].join(', ')}`);
    const outcomes = views.map((view) => ({
      ...{ view, waitsFor, interruption },
      refusal: refusals.get(view.name),
      failure: failures.get(view.name),
      step: steps.get(view.name),
    }));
    const pending = waitsFor !== undefined || interruption !== undefined || steps.size > 0;
    return { composition, outcomes, failure, pending };
  }

  async #look(views: readonly SourceView[], failures: Failures, signal: AbortSignal): Promise<Map<string, Step>> {
    const { composer, retirer } = this.#options;
    const steps = new Map<string, Step>();
    for (const { name, retiring, held } of views) {
      // What the definition has under this name belongs to the definition.
      if (!retiring || !held || composer.isTaken(name)) continue;
      try {
        steps.set(name, await retirer.next(name, this.#permitted?.has(name) ?? true, signal));
      } catch (error) {
        if (signal.aborted) throw error;
        failures.set(name, reasonOf(error));
        // As long as it is not known how far it is, it stays declared.
        steps.set(name, this.#steps.get(name) ?? { name: 'drain', waitsFor: 'JetStream and the API server to answer' });
      }
    }
    this.#steps = steps;
    return steps;
  }

  #refusalOf(view: SourceView, { refused }: Composition): Refused | undefined {
    const { composer } = this.#options;
    if (composer.isTaken(view.name)) return composer.nameTaken(view.name);
    return refused.get(view.name) ?? unreadable(view);
  }

  #compose(views: readonly SourceView[], steps: ReadonlyMap<string, Step>): Composition {
    const { composer } = this.#options;
    const wanted = views.flatMap((view) => {
      const step = steps.get(view.name);
      if (step) return isDeclared(step) ? [{ view, source: retiringSource(view) }] : [];
      const { source } = view.reading;
      return source && !view.retiring && !unreadable(view) && !this.#options.composer.isTaken(view.name)
        ? [{ view, source }]
        : [];
    });
    const print = JSON.stringify(
      wanted.map(({ view: { name, retiring, object } }) => [
        name,
        retiring,
        object.metadata.uid,
        object.metadata.generation,
      ]),
    );
    if (this.#composed?.print === print) return this.#composed.composition;
    const composition = wanted.length === 0 ? composer.alone : composer.compose(wanted.map(({ source }) => source));
    this.#composed = { print, composition };
    return composition;
  }

  /** Makes what is declared. @returns what it waits for before it can go on */
  async #make(
    composition: Composition,
    active: readonly SourceView[],
    steps: ReadonlyMap<string, Step>,
    failures: Failures,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { permissions, pipeline } = this.#options;
    const places = new Map<string, SourcePlace>([
      ...active.map((view) => [view.name, { owner: ownerOf(view), exporter: true, consumer: true }] as const),
      ...[...steps].map(([name, step]) => [name, retiringPlace(step)] as const),
    ]);
    const planned = planObjects(composition, places);
    const write = (stage: Stage): Promise<void> => this.#write(planned, stage, failures, signal);
    await this.#certify(composition, places, failures, signal);
    for (const stage of ['certificates', 'networks', 'permissions'] as const) await write(stage);
    const tag = configurationTag(composition);
    // Without sources there is nothing to look after, once the servers are as charts/ has them.
    if (composition.sources.length > 0 || !permissions.isConfirmed(undefined)) {
      const behind = await permissions.settle(tag, signal);
      if (behind.length > 0) return `servers to take up permissions: ${behind.join(', ')}`;
    }
    this.#permitted = new Set(composition.sources.map(({ name }) => name));
    await pipeline.provision(addedTo(composition));
    await write('consumers');
    await write('exporters');
    const fetching = active.filter(({ name }) => !failures.has(name)).map(({ name }) => name);
    await pipeline.schedule(fetching, composition.composed.topology, signal);
    return undefined;
  }

  async #certify(
    composition: Composition,
    places: ReadonlyMap<string, SourcePlace>,
    failures: Failures,
    signal: AbortSignal,
  ): Promise<void> {
    const { secrets } = this.#options;
    if (!secrets) return;
    for (const { source, ...planned } of planCertificates(composition)) {
      const owner = places.get(source)?.owner;
      await this.#guard(source, failures, () => secrets.ensure(planned, { source, owner }, signal));
    }
  }

  async #write(
    planned: readonly PlannedObject[],
    stage: Stage,
    failures: Failures,
    signal: AbortSignal,
  ): Promise<void> {
    for (const object of planned) {
      if (object.stage !== stage) continue;
      const write = (): Promise<void> => this.#options.writer.write(object, signal);
      if (object.source === undefined) await write();
      else if (!failures.has(object.source)) await this.#guard(object.source, failures, write);
    }
  }

  async #hold({ held, object }: SourceView, signal: AbortSignal): Promise<void> {
    if (held) return;
    const { finalizers = [], resourceVersion } = object.metadata;
    await this.#patch(object, { finalizers: [...finalizers, DRAIN_FINALIZER], resourceVersion }, signal);
  }

  async #retire(view: SourceView, step: Step, signal: AbortSignal): Promise<void> {
    const { retirer, log } = this.#options;
    await retirer.perform(step, view.name, signal);
    if (step.name === 'release') {
      await this.#release(view, signal);
      log.info({ source: view.name, left: step.left ?? 0 }, 'retired');
    }
  }

  /** What has its names is the definition's now, and must not go with it. */
  async #handOver(view: SourceView, signal: AbortSignal): Promise<void> {
    await this.#options.retirer.handOver(view.name, signal);
    await this.#release(view, signal);
  }

  async #release({ object }: SourceView, signal: AbortSignal): Promise<void> {
    const { finalizers = [], resourceVersion } = object.metadata;
    const rest = finalizers.filter((each) => each !== DRAIN_FINALIZER);
    await this.#patch(object, { finalizers: rest, resourceVersion }, signal);
  }

  async #patch({ metadata }: NewsSource, change: object, signal: AbortSignal): Promise<void> {
    const { name, namespace } = metadata;
    const at = { name, ...(namespace !== undefined && { namespace }) };
    await this.#options.client.patch(NEWS_SOURCES, at, { metadata: change }, { signal });
  }

  /** Does something for a source alone. */
  async #guard(source: string, failures: Failures, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.log.warn({ source, reason: reasonOf(error) }, 'work on a source failed, doing it again');
      failures.set(source, reasonOf(error));
    }
  }
}

const retiringPlace = ({ name }: Step): SourcePlace => ({
  owner: undefined,
  exporter: STEPS.indexOf(name) < STEPS.indexOf('stop-exporter'),
  consumer: STEPS.indexOf(name) < STEPS.indexOf('stop-consumer'),
});

/** The streams and consumers that the definition alone does not call for. */
function addedTo({ base, composed }: Composition): Pick<Declaration['topology'], 'streams' | 'consumers'> {
  const there = new Set([...base.topology.streams.map(keyOf), ...base.topology.consumers.map(keyOf)]);
  return {
    streams: composed.topology.streams.filter((each) => !there.has(keyOf(each))),
    consumers: composed.topology.consumers.filter((each) => !there.has(keyOf(each))),
  };
}

const keyOf = (spec: Pick<StreamSpec, 'name'> & { readonly stream?: string }): string =>
  `${spec.stream ?? ''} ${spec.name}`;
