// Writes the objects that are planned where they are not so, and removes those that no NewsSource calls for any more.
import type { Logger } from '../../runtime/log.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { NotFoundError } from '../kubernetes/errors.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { qualifiedName, type Resource } from '../kubernetes/resource.ts';
import { covers } from './coverage.ts';
import type { PlannedObject } from './objects.ts';
import { SOURCES_ANNOTATION } from './resources.ts';

export interface ObjectWriterOptions {
  readonly namespace: string;
  readonly client: Pick<KubernetesClient, 'apply' | 'delete'>;
  /** An object as it was last heard of; undefined when there is none, or its kind is not followed. */
  readonly live: (resource: Resource, name: string) => KubernetesObject | undefined;
  readonly log: Logger;
}

export class ObjectWriter {
  readonly #options: ObjectWriterOptions;

  constructor(options: ObjectWriterOptions) {
    this.#options = options;
  }

  /** Makes an object what it is planned to be. */
  async write({ resource, object, source, restores }: PlannedObject, signal: AbortSignal): Promise<void> {
    const { client, live, log, namespace } = this.#options;
    const { name } = object.metadata;
    const actual = live(resource, name);
    if (restores && actual?.metadata.annotations?.[SOURCES_ANNOTATION] === undefined) return;
    // What charts/ is to bring can't be made of the few fields that NewsSources change.
    if (source === undefined && !restores && !actual && isPart(object)) {
      throw new Error(`there is no ${resource.kind} ${name}: apply charts/`);
    }
    if (!restores && actual && covers(actual, desired(object))) return;
    await client.apply(resource, { ...object, metadata: { ...object.metadata, namespace } }, { signal });
    log.info({ object: `${qualifiedName(resource)} ${name}`, ...(source && { source }) }, 'applied');
  }

  /** Deletes an object. @param propagation see KubernetesClient */
  async remove(
    resource: Resource,
    name: string,
    signal: AbortSignal,
    propagation: 'Background' | 'Foreground' = 'Background',
  ): Promise<void> {
    const { client, log, namespace } = this.#options;
    try {
      await client.delete(resource, { namespace, name }, { signal, propagation });
      log.info({ object: `${qualifiedName(resource)} ${name}` }, 'deleted');
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
}

/** Whether it is not the whole of an object: only those that have no kind of their own, see PlannedObject. */
const isPart = (object: KubernetesObject): boolean => object.kind === undefined;

/** Lists leave kind and version out of their items. */
function desired({ apiVersion: _, kind: __, metadata, ...rest }: KubernetesObject): object {
  const { name, labels, annotations } = metadata;
  return { ...rest, metadata: { name, ...(labels && { labels }), ...(annotations && { annotations }) } };
}
