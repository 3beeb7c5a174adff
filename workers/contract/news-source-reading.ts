// From a NewsSource to a source of the definition: by the parser of definitions, so that what holds for one holds for the other.
import { stringify } from 'yaml';
import type { SourceDefinition } from './definition.ts';
import type { NewsSourceSpec } from './news-source.ts';
import { parseDefinition } from './parse-definition.ts';
import { DefinitionError } from './problems.ts';

/** What a NewsSource declares. */
export interface NewsSourceReading {
  /** All of it that is right; undefined when something is wrong that is more than one feed or rule. */
  readonly source: SourceDefinition | undefined;
  /** What is wrong, such as `feeds[3].url: … is not allowed here`. */
  readonly problems: readonly string[];
}

/**
 * Reads a NewsSource. A feed or a rule that is wrong is left out: the others of its source go on, and of a source that is
 * collected already nothing is retired by a slip. `feeds` or `rules` may then be empty, which no definition allows.
 */
export function readNewsSource(name: string, spec: NewsSourceSpec): NewsSourceReading {
  const [source, problems] = parse(name, spec);
  if (source) return { source, problems: [] };
  const wrong = new Set<string>();
  const messages = problems.map(({ path, message }) => {
    const place = path.replace(`sources.${name}`, '').replace(/^\./, '');
    const item = /^(?:feeds|rules)\[\d+\]/.exec(place)?.[0];
    wrong.add(item ?? '');
    return place ? `${place}: ${message}` : message;
  });
  if (wrong.has('')) return { source: undefined, problems: messages };
  return { source: readRest(name, spec, wrong), problems: messages };
}

/** Reads what is left without the items that are wrong. */
function readRest(
  name: string,
  { feeds, rules, ...spec }: NewsSourceSpec,
  wrong: ReadonlySet<string>,
): SourceDefinition | undefined {
  const rest = <T>(field: string, items: readonly T[] = []): T[] =>
    items.filter((_, index) => !wrong.has(`${field}[${index}]`));
  const right = { feeds: rest('feeds', feeds), rules: rest('rules', rules) };
  if (spec.kind === 'rss') {
    const [source] = parse(name, { ...spec, feeds: right.feeds.length > 0 ? right.feeds : [PLACEHOLDER_FEED] });
    return source?.kind === 'rss' && right.feeds.length === 0 ? { ...source, feeds: [] } : source;
  }
  const [source] = parse(name, { ...spec, rules: right.rules.length > 0 ? right.rules : [PLACEHOLDER_RULE] });
  return source?.kind === 'twitter' && right.rules.length === 0 ? { ...source, rules: [] } : source;
}

/** They stand in for a moment where a definition wants at least one. */
const PLACEHOLDER_FEED = { url: 'https://none.invalid/' };
const PLACEHOLDER_RULE = { value: 'none', tag: 'none' };

function parse(name: string, spec: NewsSourceSpec): [SourceDefinition, []] | [undefined, DefinitionError['problems']] {
  // The same value twice would become an alias.
  const text = stringify({ sources: { [name]: spec } }, { aliasDuplicateObjects: false });
  try {
    return [parseDefinition(text, name).sources[0] as SourceDefinition, []];
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    return [undefined, error.problems];
  }
}
