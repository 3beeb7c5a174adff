// Reads values out of a YAML document's nodes; what is not as it should be becomes a problem at its place.
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { DURATION_FORM, formatDuration, parseDurationMs } from './duration.ts';
import { NAME_FORM, NAME_PATTERN } from './feed-id.ts';
import { describe, type Problems, show } from './problems.ts';
import type { YamlSource } from './yaml-source.ts';

/** The values of a mapping by key; one that is empty is null. */
export type Fields = ReadonlyMap<string, Node | null>;

/** A key of a mapping, as text and as node, and its value; one that is empty is null. */
export interface Entry {
  readonly name: string;
  readonly key: Node;
  readonly value: Node | null;
}

/** Reads nodes; after a problem a harmless value stands in, so that reading goes on. */
export class YamlReader {
  readonly #problems: Problems;
  readonly #follow: YamlSource['follow'];

  constructor(problems: Problems, follow: YamlSource['follow']) {
    this.#problems = problems;
    this.#follow = follow;
  }

  name(node: Node, path: string): string | undefined {
    const value = scalar(node);
    if (typeof value === 'string' && NAME_PATTERN.test(value)) return value;
    this.#problems.addValue(node, path, NAME_FORM);
    return undefined;
  }

  duration(node: Node, path: string, minMs: number, maxMs: number): number | undefined {
    const value = scalar(node);
    const milliseconds = typeof value === 'string' ? parseDurationMs(value) : undefined;
    if (milliseconds !== undefined && milliseconds >= minMs && milliseconds <= maxMs) return milliseconds;
    const range = `from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`;
    this.#problems.addValue(node, path, `${DURATION_FORM}, ${range}`);
    return undefined;
  }

  integer(node: Node, path: string, min: number, max: number): number | undefined {
    const value = scalar(node);
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    this.#problems.addValue(node, path, `a whole number from ${min} to ${max}`);
    return undefined;
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
    this.#problems.addValue(node, path, allowed.join(', '));
    return otherwise;
  }

  /** Reads a mapping with known keys; others are problems. */
  fields(node: Node | null | undefined, path: string, known: readonly string[], parent?: Node): Fields {
    const fields = new Map<string, Node | null>();
    for (const { name, key, value } of this.entries(node, path, parent) ?? []) {
      if (known.includes(name)) fields.set(name, value);
      else this.#problems.addValue(key, join(path, name), known.join(', '));
    }
    return fields;
  }

  /** Reads a mapping; undefined when it is none. */
  entries(node: Node | null | undefined, path: string, parent?: Node): readonly Entry[] | undefined {
    if (!isMap(node)) {
      const found = describe(node);
      this.#problems.add(node ?? parent, path, `must be a mapping, but is ${found}`);
      return undefined;
    }
    const entries = new Map<string, Entry>();
    for (const pair of node.items) {
      const key = this.#follow(pair.key as Node);
      if (!isScalar(key)) {
        this.#problems.add(pair.key as Node, path, `${describe(key)} can't be a key; a key is a text`);
        continue;
      }
      const name = typeof key.value === 'string' ? key.value : (key.source ?? '');
      const earlier = entries.get(name);
      if (earlier) {
        const line = this.#problems.lineOf(earlier.key);
        this.#problems.add(pair.key as Node, join(path, name), `${show(name)} was given in line ${line} already`);
        continue;
      }
      entries.set(name, { name, key: pair.key as Node, value: this.#value(pair.value as Node | null) });
    }
    return [...entries.values()];
  }

  /** Reads a list; undefined when it is none. */
  items(node: Node | null | undefined): readonly Node[] | undefined {
    return isSeq(node) ? node.items.map((item) => this.#follow(item as Node)) : undefined;
  }

  #value(node: Node | null): Node | null {
    const value = node && this.#follow(node);
    return isScalar(value) && value.value === null ? null : value;
  }
}

/** The plain value of a node; undefined when it is a list or a mapping. */
export const scalar = (node: Node): unknown => (isScalar(node) ? node.value : undefined);

const join = (path: string, name: string): string => (path ? `${path}.${name}` : name);
