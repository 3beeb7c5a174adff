// Of which sources feeds that nobody declares may be removed. What belongs to a NewsSource is the reconciler's to remove.
import { reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { NotFoundError } from '../kubernetes/errors.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import type { Composer } from './composition.ts';
import { CONFIG_MAPS, NEWS_SOURCES } from './resources.ts';

export interface RemovableOptions {
  readonly namespace: string;
  readonly client: Pick<KubernetesClient, 'list'>;
  readonly composer: Pick<Composer, 'definition' | 'isTaken'>;
  readonly log: Logger;
}

const NONE = (): boolean => false;

/**
 * Asks the API server, since watches may be behind: sources of NewsSources, deleted ones included, are left out; and when the
 * cluster has another definition than this process, whose feeds it could not know, there are none.
 * @returns whether feeds of a source may be removed; of none while the API server does not answer
 */
export async function findRemovable(
  { namespace, client, composer, log }: RemovableOptions,
  signal: AbortSignal,
): Promise<(source: string) => boolean> {
  const { configMap, file, text } = composer.definition;
  try {
    // One object, asked for as a list: that is what the Role allows.
    const named = { namespace, fieldSelector: `metadata.name=${configMap}`, signal };
    const [definition] = (await client.list(CONFIG_MAPS, named)).items as DefinitionMap[];
    if (definition?.data?.[file] !== text) return NONE;
    const names = new Set(await sourceNames(client, namespace, signal));
    return (source) => composer.isTaken(source) || !names.has(source);
  } catch (error) {
    if (!signal.aborted) log.debug({ reason: reasonOf(error) }, "can't find out whom undeclared feeds belong to");
    return NONE;
  }
}

interface DefinitionMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}

async function sourceNames(client: RemovableOptions['client'], namespace: string, signal: AbortSignal) {
  try {
    const { items } = await client.list(NEWS_SOURCES, { namespace, signal });
    return items.map(({ metadata }) => metadata.name);
  } catch (error) {
    // A cluster that does not know NewsSources has none.
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}
