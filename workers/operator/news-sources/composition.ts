// The definition of charts/ and every NewsSource, through the same synthesis. Pure: one that can't be had is refused alone.
import {
  type Declaration,
  declarationOf,
  type Manifest,
  ManifestTooLargeError,
  synthesize,
} from '../../../cdk8s/synthesis.ts';
import { NEWSROOM_SCHEME, type SourceDefinition } from '../../contract/definition.ts';
import type { Base } from './base.ts';

/** Why a source is no part of the composition. */
export interface Refusal {
  /** In one word. */
  readonly reason: 'NameTaken' | 'NewsroomMissing' | 'TooLarge';
  readonly message: string;
}

/** What there is to be, of the definition alone and with the sources. */
export interface Composition {
  readonly base: Declaration & { readonly manifests: readonly Manifest[] };
  readonly composed: Declaration & { readonly manifests: readonly Manifest[] };
  /** Sources that are part of it. */
  readonly sources: readonly SourceDefinition[];
  /** By the name of the source. */
  readonly refused: ReadonlyMap<string, Refusal>;
}

/** Composes; what the definition alone brings about is computed once. */
export class Composer {
  readonly #base: Base;
  readonly #alone: Composition['base'];
  readonly #taken: ReadonlySet<string>;
  readonly #hasNewsroom: boolean;

  constructor(base: Base) {
    this.#base = base;
    this.#alone = { ...declarationOf(base), manifests: manifestsOf(base) };
    const { workers, feeds } = this.#alone.topology;
    this.#taken = new Set(workers.flatMap(({ environment }) => environment.SOURCE ?? []));
    this.#hasNewsroom = [
      ...feeds.map(({ url }) => url),
      ...workers.map(({ environment }) => environment.X_API_URL),
    ].some((url) => url?.startsWith(NEWSROOM_SCHEME));
  }

  /** Without any NewsSource. */
  get alone(): Composition {
    return { base: this.#alone, composed: this.#alone, sources: [], refused: new Map() };
  }

  /** What the manifests were made from, and the ConfigMap that has it. */
  get definition(): Base['definition'] & { readonly configMap: string | undefined } {
    const { definition } = this.#base;
    const holds = (manifest: Manifest): boolean =>
      manifest.kind === 'ConfigMap' && (manifest.data as Record<string, string>)?.[definition.file] === definition.text;
    return { ...definition, configMap: this.#alone.manifests.find(holds)?.metadata.name };
  }

  /** Whether the definition has a source of this name. */
  isTaken(name: string): boolean {
    return this.#taken.has(name);
  }

  nameTaken(name: string): Refusal {
    return { reason: 'NameTaken', message: `the definition has a source ${name} already: give this one another name` };
  }

  /** @param sources in the order in which they came: where there is no room for all, the last are refused */
  compose(sources: readonly SourceDefinition[]): Composition {
    const refused = new Map<string, Refusal>();
    let accepted = sources.filter((source) => {
      const refusal = this.#refusalOf(source);
      if (refusal) refused.set(source.name, refusal);
      return !refusal;
    });
    while (accepted.length > 0) {
      const options = { ...this.#base, sources: accepted };
      try {
        const composed = { ...declarationOf(options), manifests: manifestsOf(options) };
        return { base: this.#alone, composed, sources: accepted, refused };
      } catch (error) {
        if (!(error instanceof ManifestTooLargeError)) throw error;
        const last = accepted.at(-1) as SourceDefinition;
        refused.set(last.name, { reason: 'TooLarge', message: error.message });
        accepted = accepted.slice(0, -1);
      }
    }
    return { ...this.alone, refused };
  }

  #refusalOf(source: SourceDefinition): Refusal | undefined {
    if (this.#taken.has(source.name)) return this.nameTaken(source.name);
    const urls = source.kind === 'rss' ? source.feeds.map(({ url }) => url) : [source.apiUrl];
    if (!this.#hasNewsroom && urls.some((url) => url.startsWith(NEWSROOM_SCHEME))) {
      const message = `a ${NEWSROOM_SCHEME} address needs the newsroom, which is there only where the definition names it, too`;
      return { reason: 'NewsroomMissing', message };
    }
    return undefined;
  }
}

const manifestsOf = (options: Base & { readonly sources?: readonly SourceDefinition[] }): Manifest[] =>
  synthesize(options).flatMap(({ manifests }) => manifests);
