// A NewsSource as the reconciler sees it. Pure.
import { type SourceDefinition, X_API_URL } from '../../contract/definition.ts';
import { DRAIN_FINALIZER } from '../../contract/news-source.ts';
import { type NewsSourceReading, readNewsSource } from '../../contract/news-source-reading.ts';
import type { OwnerReference } from '../kubernetes/object.ts';
import { apiVersionOf } from '../kubernetes/resource.ts';
import { NEWS_SOURCES, type NewsSource } from './resources.ts';

export interface SourceView {
  readonly object: NewsSource;
  readonly name: string;
  readonly reading: NewsSourceReading;
  /** Deleted, and not let go yet. */
  readonly retiring: boolean;
  /** Whether anything may be there for it already. */
  readonly held: boolean;
}

/** Reads specs, each generation once. */
export class SourceReader {
  readonly #readings = new Map<string, { readonly print: string; readonly reading: NewsSourceReading }>();

  /** All sources, the oldest first. */
  read(objects: readonly NewsSource[]): SourceView[] {
    const names = new Set(objects.map(({ metadata }) => metadata.name));
    for (const name of this.#readings.keys()) if (!names.has(name)) this.#readings.delete(name);
    return [...objects].sort(byAge).map((object) => {
      const { name, deletionTimestamp, finalizers = [] } = object.metadata;
      const held = finalizers.includes(DRAIN_FINALIZER);
      return { object, name, reading: this.#read(object), retiring: deletionTimestamp !== undefined, held };
    });
  }

  #read({ metadata: { name, uid, generation }, spec }: NewsSource): NewsSourceReading {
    const print = `${uid} ${generation}`;
    const known = this.#readings.get(name);
    if (known?.print === print) return known.reading;
    const reading = readNewsSource(name, spec);
    this.#readings.set(name, { print, reading });
    return reading;
  }
}

/** What is left to declare of a source that is retired: nothing is to be fetched for it any more. */
export function retiringSource({ name, object, reading: { source } }: SourceView): SourceDefinition {
  // Its workers go on as they were: items that are left are the same news only under the same identity.
  if (source) return source.kind === 'rss' ? { ...source, feeds: [] } : source;
  if (object.spec.kind === 'rss')
    return { name, kind: 'rss', identity: 'title', allowPrivateAddresses: false, feeds: [] };
  return { name, kind: 'twitter', identity: 'title', rules: [], apiUrl: X_API_URL };
}

/** Has objects go with their NewsSource, should it ever go without having been retired. */
export const ownerOf = ({ object: { metadata } }: SourceView): OwnerReference => ({
  apiVersion: apiVersionOf(NEWS_SOURCES),
  kind: NEWS_SOURCES.kind,
  name: metadata.name,
  uid: metadata.uid ?? '',
});

const byAge = ({ metadata: a }: NewsSource, { metadata: b }: NewsSource): number => (ageOf(a) < ageOf(b) ? -1 : 1);
const ageOf = ({ creationTimestamp = '', name }: NewsSource['metadata']): string => `${creationTimestamp} ${name}`;
