// Reads the part `sources` of a definition: groups of feeds, and what is followed on X.
import { isMap, isScalar, type Node } from 'yaml';
import {
  type FeedDefinition,
  IDENTITY_RULES,
  type IdentityRule,
  SOURCE_KINDS,
  type SourceDefinition,
  type SourceKind,
  X_API_URL,
} from './definition.ts';
import { feedId, NAME_FORM, NAME_PATTERN } from './feed-id.ts';
import { FEED_URL_FORM, parseFeedUrl } from './feed-url.ts';
import { parseRules } from './parse-rules.ts';
import { type Problems, show } from './problems.ts';
import { type Entry, scalar, type YamlReader } from './yaml-reader.ts';

const SECOND_MS = 1_000;
const YEAR_MS = 365 * 86_400_000;

/** A feed as far as it could be read: of one that is wrong, the address or the interval may be missing. */
type ReadFeed = { readonly url?: string; readonly name?: string; readonly everyMs?: number };

/** Reads the sources; `parent` is where it is said that there are none. */
export function parseSources(
  node: Node | null | undefined,
  parent: Node,
  problems: Problems,
  yaml: YamlReader,
): SourceDefinition[] {
  if (!node) {
    const what = node === null ? 'is empty' : 'is missing';
    problems.add(parent, 'sources', `${what}; name at least one source with its kind and feeds`);
    return [];
  }
  const entries = yaml.entries(node, 'sources');
  if (entries?.length === 0)
    problems.add(node, 'sources', 'is empty; name at least one source with its kind and feeds');
  const reader = new SourceReader(problems, yaml);
  return (entries ?? []).map((entry) => reader.source(entry));
}

class SourceReader {
  readonly #problems: Problems;
  readonly #yaml: YamlReader;

  constructor(problems: Problems, yaml: YamlReader) {
    this.#problems = problems;
    this.#yaml = yaml;
  }

  source({ name, key, value }: Entry): SourceDefinition {
    const path = `sources.${name}`;
    if (!NAME_PATTERN.test(name)) this.#problems.addValue(key, path, NAME_FORM, show(name));
    const fields = this.#yaml.fields(value, path, this.#fieldsOf(value), key);
    const choice = <T extends string | boolean>(field: string, allowed: readonly T[], otherwise: T): T =>
      this.#yaml.choice(fields.get(field), `${path}.${field}`, allowed, otherwise);
    if (isMap(value) && !fields.get('kind')) {
      this.#problems.add(key, `${path}.kind`, `is missing; allowed: ${SOURCE_KINDS.join(', ')}`);
    }
    const kind = choice<SourceKind>('kind', SOURCE_KINDS, 'rss');
    const identity = choice<IdentityRule>('identity', IDENTITY_RULES, 'title');
    if (kind === 'twitter') {
      const rules = parseRules(fields.get('rules'), `${path}.rules`, key, this.#problems, this.#yaml);
      return { name, kind, identity, rules, apiUrl: this.#apiUrl(fields.get('api'), `${path}.api`) };
    }
    return {
      name,
      kind,
      identity,
      allowPrivateAddresses: choice('allowPrivateAddresses', [true, false], false),
      feeds: isMap(value) ? this.#feeds(fields.get('feeds'), `${path}.feeds`, key) : [],
    };
  }

  /** What a source may say depends on its kind; of one without a kind, everything is accepted. */
  #fieldsOf(value: Node | null): string[] {
    const kind = isMap(value) ? value.get('kind') : undefined;
    const own = { rss: ['allowPrivateAddresses', 'feeds'], twitter: ['rules', 'api'] };
    return ['kind', 'identity', ...(own[kind as SourceKind] ?? Object.values(own).flat())];
  }

  #apiUrl(node: Node | null | undefined, path: string): string {
    if (!node) return X_API_URL;
    return this.#url(node, path).url ?? X_API_URL;
  }

  #feeds(node: Node | null | undefined, path: string, parent: Node): FeedDefinition[] {
    const items = this.#yaml.items(node);
    if (!items?.length) {
      const form = 'must be a list of at least one feed, such as { url: https://…, every: 15m }';
      this.#problems.add(node ?? parent, path, form);
      return [];
    }
    const seen = new Map<string, { readonly path: string; readonly url: string }>();
    return items.flatMap((item, index) => {
      const feedPath = `${path}[${index}]`;
      const { url, name, everyMs } = this.#feed(item, feedPath);
      const id = name ?? (url === undefined ? undefined : feedId(url));
      if (id === undefined) return [];
      const earlier = seen.get(id);
      if (earlier) this.#problems.add(item, feedPath, clash(id, url, earlier));
      else seen.set(id, { path: feedPath, url: url ?? '' });
      return [{ id, url: url ?? '', ...(everyMs === undefined ? {} : { everyMs }) }];
    });
  }

  /** Reads one feed: a mapping, or its address alone. */
  #feed(node: Node, path: string): ReadFeed {
    if (isScalar(node)) return { ...this.#url(node, path) };
    const fields = this.#yaml.fields(node, path, ['url', 'every', 'name']);
    const [url, every, name] = [fields.get('url'), fields.get('every'), fields.get('name')];
    if (isMap(node) && !url) this.#problems.add(node, `${path}.url`, `is missing; give ${FEED_URL_FORM}`);
    const everyMs = every ? this.#yaml.duration(every, `${path}.every`, SECOND_MS, YEAR_MS) : undefined;
    const given = name ? this.#yaml.name(name, `${path}.name`) : undefined;
    return {
      ...(url ? this.#url(url, `${path}.url`) : {}),
      ...(given === undefined ? {} : { name: given }),
      ...(everyMs === undefined ? {} : { everyMs }),
    };
  }

  #url(node: Node, path: string): { readonly url?: string } {
    const value = scalar(node);
    const url = typeof value === 'string' ? parseFeedUrl(value) : undefined;
    if (!url) {
      this.#problems.addValue(node, path, FEED_URL_FORM);
      return {};
    }
    if (url.username || url.password) {
      const why = 'holds a user name or password, which would end up in logs and messages; remove it';
      this.#problems.add(node, path, `${show(url.href)} ${why}`);
      return {};
    }
    return { url: url.href };
  }
}

function clash(id: string, url: string | undefined, earlier: { readonly path: string; readonly url: string }): string {
  return url === earlier.url
    ? `is the same feed as ${earlier.path}; remove one of the two`
    : `has the same name ${show(id)} as ${earlier.path}; give it another`;
}
