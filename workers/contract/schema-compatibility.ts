// Whether one version of a schema may follow another: what messages of the one hold, the other must take. Pure.
import { isDeepStrictEqual } from 'node:util';

/**
 * What a new version of a schema owes to every version before it. `backward`: it takes all that they describe, so consumers are
 * brought up to date first; `forward`: they take all that it describes, so producers may be first; `full`: both; `none`: nothing.
 */
export const COMPATIBILITIES = ['backward', 'forward', 'full', 'none'] as const;
export type Compatibility = (typeof COMPATIBILITIES)[number];

/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

/**
 * Says why `later` may not follow `earlier`, each reason with the JSON Pointer of the value that it is about; nothing when it may. A
 * keyword that is not understood here must be the same in both.
 *
 * Messages are taken to hold the declared properties only: `additionalProperties: true` is there so that consumers overlook what a
 * later version adds. So a new property may be declared as long as it is optional.
 */
export function incompatibilities(mode: Compatibility, earlier: Schema, later: Schema): string[] {
  const backward = mode === 'backward' || mode === 'full' ? narrowings(earlier, later, '') : [];
  const forward = mode === 'forward' || mode === 'full' ? narrowings(later, earlier, '') : [];
  return [
    ...backward.map((reason) => `what the earlier version describes, the later one may refuse: ${reason}`),
    ...forward.map((reason) => `what the later version describes, the earlier one may refuse: ${reason}`),
  ];
}

/** What says nothing of which values are valid. */
const ANNOTATIONS = new Set(['$schema', '$id', '$comment', 'title', 'description', 'default', 'examples']);
/** Keywords of which a smaller value allows more, and those of which a greater one does. */
const LOWER_BOUNDS = ['minLength', 'minItems', 'minProperties', 'minimum', 'exclusiveMinimum'];
const UPPER_BOUNDS = ['maxLength', 'maxItems', 'maxProperties', 'maximum', 'exclusiveMaximum'];
/** Keywords that allow all when they are absent, and otherwise what nobody can compare with anything but themselves. */
const RESTRICTIONS = ['pattern', 'format', 'multipleOf', 'uniqueItems'];
const COMPARED = new Set([
  ...['type', 'enum', 'const', 'anyOf', 'required', 'properties', 'additionalProperties', 'items'],
  ...[...LOWER_BOUNDS, ...UPPER_BOUNDS, ...RESTRICTIONS],
]);

/** Where `to` may refuse what `from` takes. */
function narrowings(from: Schema, to: Schema, path: string): string[] {
  if (isNothing(from) || isDeepStrictEqual(plain(from), plain(to))) return [];
  if (isNothing(to)) return [`${at(path)}: is allowed no more`];
  const strange = strangeKeywords(from, to);
  if (strange.length > 0) return [`${at(path)}: ${strange.join(', ')} can't be compared, and is not the same in both`];
  if (from.anyOf || to.anyOf) return narrowedAlternatives(from, to, path);
  return [
    ...narrowedTypes(from, to, path),
    ...narrowedValues(from, to, path),
    ...narrowedBounds(from, to, path),
    ...RESTRICTIONS.filter(
      (keyword) => to[keyword] !== undefined && !isDeepStrictEqual(from[keyword], to[keyword]),
    ).map((keyword) => `${at(path)}: ${keyword} is ${show(to[keyword])} in place of ${show(from[keyword])}`),
    ...narrowedObject(from, to, path),
    ...(to.items === undefined ? [] : narrowings(schemaOf(from.items), schemaOf(to.items), `${path}/*`)),
  ];
}

/** Each alternative of the one must be taken by some alternative of the other. */
function narrowedAlternatives(from: Schema, to: Schema, path: string): string[] {
  const before = alternatives(from);
  const after = alternatives(to);
  if (!before || !after) return [`${at(path)}: anyOf beside other keywords can't be compared`];
  return before.flatMap((one) => {
    const reasons = after.map((other) => narrowings(one, other, path));
    if (reasons.some(({ length }) => length === 0)) return [];
    // Where there is one alternative only, its own reasons say more.
    return reasons.length === 1 ? (reasons[0] as string[]) : [`${at(path)}: no alternative takes ${show(plain(one))}`];
  });
}

function alternatives(schema: Schema): readonly Schema[] | undefined {
  if (schema.anyOf === undefined) return [schema];
  return Object.keys(plain(schema)).length === 1 ? (schema.anyOf as Schema[]) : undefined;
}

function narrowedTypes(from: Schema, to: Schema, path: string): string[] {
  const allowed = typesOf(to);
  if (!allowed) return [];
  const before = typesOf(from);
  if (!before) return [`${at(path)}: must be ${allowed.join(' or ')}, and was anything`];
  return before
    .filter((type) => !allowed.includes(type) && !(type === 'integer' && allowed.includes('number')))
    .map((type) => `${at(path)}: may not be ${type} any more`);
}

function typesOf(schema: Schema): readonly string[] | undefined {
  if (schema.type !== undefined) return [schema.type].flat() as string[];
  return valuesOf(schema)?.map(typeOf);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function narrowedValues(from: Schema, to: Schema, path: string): string[] {
  const allowed = valuesOf(to);
  if (!allowed) return [];
  const before = valuesOf(from);
  if (!before) return [`${at(path)}: must be one of ${show(allowed)}, and was free`];
  return before
    .filter((value) => !allowed.some((other) => isDeepStrictEqual(value, other)))
    .map((value) => `${at(path)}: may not be ${show(value)} any more`);
}

const valuesOf = (schema: Schema): readonly unknown[] | undefined =>
  'const' in schema ? [schema.const] : (schema.enum as unknown[] | undefined);

function narrowedBounds(from: Schema, to: Schema, path: string): string[] {
  const narrowed = (keyword: string, sign: 1 | -1): boolean => {
    const after = to[keyword] as number | undefined;
    const before = from[keyword] as number | undefined;
    return after !== undefined && (before === undefined || sign * after > sign * before);
  };
  return [
    ...LOWER_BOUNDS.filter((keyword) => narrowed(keyword, 1)),
    ...UPPER_BOUNDS.filter((keyword) => narrowed(keyword, -1)),
  ].map((keyword) => `${at(path)}: ${keyword} is ${show(to[keyword])} in place of ${show(from[keyword])}`);
}

function narrowedObject(from: Schema, to: Schema, path: string): string[] {
  const before = propertiesOf(from);
  const after = propertiesOf(to);
  const required = (to.required ?? []) as string[];
  const wasRequired = (from.required ?? []) as string[];
  return [
    ...required
      .filter((name) => !wasRequired.includes(name))
      .map((name) => `${at(`${path}/${pointer(name)}`)}: is required, and was not`),
    ...[...before].flatMap(([name, schema]) =>
      narrowings(schema, after.get(name) ?? schemaOf(to.additionalProperties), `${path}/${pointer(name)}`),
    ),
    // What is not declared is not there, unless a schema of its own says what it is.
    ...(isSchema(from.additionalProperties)
      ? [...after]
          .filter(([name]) => !before.has(name))
          .flatMap(([name, schema]) =>
            narrowings(schemaOf(from.additionalProperties), schema, `${path}/${pointer(name)}`),
          )
      : []),
    ...(to.additionalProperties === undefined || to.additionalProperties === true
      ? []
      : narrowings(schemaOf(from.additionalProperties), schemaOf(to.additionalProperties), `${path}/*`)),
  ];
}

const propertiesOf = ({ properties = {} }: Schema): ReadonlyMap<string, Schema> =>
  new Map(Object.entries(properties as object).map(([name, value]) => [name, schemaOf(value)]));

/** What `false` says, as a schema: no value is one of none. */
const NOTHING: Schema = { enum: [] };
const isNothing = (schema: Schema): boolean => isDeepStrictEqual(schema.enum, NOTHING.enum);
const schemaOf = (value: unknown): Schema => (value === false ? NOTHING : isSchema(value) ? value : {});
const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;

function plain(schema: Schema): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !ANNOTATIONS.has(keyword)));
}

/** Keywords that nothing here understands, and that differ. */
function strangeKeywords(from: Schema, to: Schema): string[] {
  const keywords = new Set([...Object.keys(from), ...Object.keys(to)]);
  const isUnderstood = (keyword: string): boolean =>
    // A list of items by their place is something else than one schema for all of them.
    keyword === 'items' ? !Array.isArray(from.items) && !Array.isArray(to.items) : COMPARED.has(keyword);
  return [...keywords].filter(
    (keyword) => !isUnderstood(keyword) && !ANNOTATIONS.has(keyword) && !isDeepStrictEqual(from[keyword], to[keyword]),
  );
}

const at = (path: string): string => path || '/';
const pointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
const show = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));
