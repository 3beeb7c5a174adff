// Reads values out of a YAML document's nodes; what is not as it should be becomes a problem at its place.
import { isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { DURATION_FORM, parseDurationMs } from './duration.ts';
import { NAME_PATTERN } from './feed-id.ts';
import { type Problems, show } from './problems.ts';

/** What a name looks like, for messages about one that does not. */
export const NAME_FORM = 'lower-case letters, digits and dashes, a letter first, at most 48';

/** The values of a mapping by key. */
export type Fields = ReadonlyMap<string, Node | null>;

/** Reads nodes; after a problem a harmless value stands in, so that reading goes on. */
export class YamlReader {
  readonly #problems: Problems;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  name(node: Node, path: string): string | undefined {
    const value = scalar(node);
    if (typeof value === 'string' && NAME_PATTERN.test(value)) return value;
    this.#problems.addValue(node, path, value, NAME_FORM);
    return undefined;
  }

  duration(node: Node, path: string, minimumMs: number): number | undefined {
    const value = scalar(node);
    const milliseconds = typeof value === 'string' ? parseDurationMs(value) : undefined;
    if (milliseconds !== undefined && milliseconds >= minimumMs) return milliseconds;
    this.#problems.addValue(node, path, value, `${DURATION_FORM}, at least ${minimumMs / 1_000}s`);
    return undefined;
  }

  integer(node: Node, path: string, min: number, max: number): number {
    const value = scalar(node);
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    this.#problems.addValue(node, path, value, `a whole number from ${min} to ${max}`);
    return min;
  }

  choice<T extends string | number | boolean>(
    node: Node | null | undefined,
    path: string,
    allowed: readonly T[],
    otherwise: T,
  ): T {
    if (!node) return otherwise;
    const value = scalar(node);
    if (allowed.includes(value as T)) return value as T;
    this.#problems.addValue(node, path, value, allowed.join(', '));
    return otherwise;
  }

  /** Reads a mapping with known keys; others are problems. */
  fields(node: Node | null | undefined, path: string, known: readonly string[], parent?: Node): Fields {
    const fields = new Map<string, Node | null>();
    for (const [name, key, value] of this.entries(node, path, parent)) {
      if (known.includes(name)) fields.set(name, value);
      else this.#problems.addValue(key, path ? `${path}.${name}` : name, name, known.join(', '));
    }
    return fields;
  }

  entries(node: Node | null | undefined, path: string, parent?: Node): [string, Node, Node | null][] {
    if (!isMap(node)) {
      this.#problems.add(node ?? parent, path, `must be a mapping, but is ${describe(node)}`);
      return [];
    }
    return (node as YAMLMap<Node, Node | null>).items.map((pair: Pair<Node, Node | null>) => [
      String(scalar(pair.key)),
      pair.key,
      isScalar(pair.value) && pair.value.value === null ? null : pair.value,
    ]);
  }
}

/** The plain value of a node. */
export const scalar = (node: Node): unknown => (isScalar(node) ? node.value : node.toJSON());

function describe(node: Node | null | undefined): string {
  if (!node || (isScalar(node) && node.value === null)) return 'empty';
  return isSeq(node) ? 'a list' : show(scalar(node));
}
