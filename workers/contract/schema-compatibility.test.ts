import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { Random } from '../newsroom/random.ts';
import { type Compatibility, incompatibilities, type Schema } from './schema-compatibility.ts';

const object = (properties: Record<string, unknown>, more: Schema = {}): Schema => ({
  type: 'object',
  properties,
  ...more,
});
const text = { type: 'string' };

/** What changes, the schema before and after, and where the reason points; undefined where nothing is in the way. */
const STEPS: readonly (readonly [what: string, before: Schema, after: Schema, reason: string | undefined])[] = [
  ['nothing', object({ title: text }), object({ title: text }), undefined],
  ['words for people', { ...text, description: 'a' }, { ...text, description: 'b', title: 'c' }, undefined],
  ['an optional property more', object({}), object({ language: text }), undefined],
  [
    'a required property more',
    object({}),
    object({ language: text }, { required: ['language'] }),
    '/language: is required',
  ],
  ['a property required no more', object({ a: text }, { required: ['a'] }), object({ a: text }), undefined],
  ['a property less', object({ a: text }), object({}), undefined],
  [
    'a property less, where others are refused',
    object({ a: text }, { additionalProperties: false }),
    object({}, { additionalProperties: false }),
    '/a: is allowed no more',
  ],
  ['no others any more', object({}), object({}, { additionalProperties: false }), '/*: is allowed no more'],
  ['others again', object({}, { additionalProperties: false }), object({}), undefined],
  [
    'a property of its own among many',
    object({}, { additionalProperties: { type: 'integer' } }),
    object({ a: text }, { additionalProperties: { type: 'integer' } }),
    '/a: may not be integer any more',
  ],
  ['a type more', text, { type: ['string', 'null'] }, undefined],
  ['a type less', { type: ['string', 'null'] }, text, '/: may not be null any more'],
  ['any number for an integer', { type: 'integer' }, { type: 'number' }, undefined],
  ['an integer for any number', { type: 'number' }, { type: 'integer' }, '/: may not be number any more'],
  ['a type where there was none', {}, text, '/: must be string, and was anything'],
  ['no type any more', text, {}, undefined],
  ['a null beside it', object({ date: text }), object({ date: { anyOf: [text, { type: 'null' }] } }), undefined],
  [
    'no null beside it any more',
    object({ date: { anyOf: [text, { type: 'null' }] } }),
    object({ date: text }),
    '/date: may not be null any more',
  ],
  [
    'other alternatives',
    { anyOf: [text, { type: 'null' }] },
    { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    '/: no alternative takes {"type":"string"}',
  ],
  ['longer texts', { ...text, maxLength: 5 }, { ...text, maxLength: 6 }, undefined],
  ['shorter texts', { ...text, maxLength: 6 }, { ...text, maxLength: 5 }, '/: maxLength is 5 in place of 6'],
  ['a first limit', text, { ...text, maxLength: 5 }, '/: maxLength is 5 in place of none'],
  ['texts that may be empty', { ...text, minLength: 1 }, text, undefined],
  ['texts that may not be empty', text, { ...text, minLength: 1 }, '/: minLength is 1 in place of none'],
  ['a lower minimum', { type: 'integer', minimum: 1 }, { type: 'integer', minimum: 0 }, undefined],
  [
    'a higher minimum',
    { type: 'integer', minimum: 0 },
    { type: 'integer', minimum: 1 },
    '/: minimum is 1 in place of 0',
  ],
  ['a pattern less', { ...text, pattern: 'a' }, text, undefined],
  ['another pattern', { ...text, pattern: 'a' }, { ...text, pattern: 'b' }, '/: pattern is "b" in place of "a"'],
  ['a format', text, { ...text, format: 'date-time' }, '/: format is "date-time" in place of none'],
  ['a value more', { enum: ['a'] }, { enum: ['a', 'b'] }, undefined],
  ['a value less', { enum: ['a', 'b'] }, { const: 'a' }, '/: may not be "b" any more'],
  ['any text for some', { enum: ['a', 'b'] }, text, undefined],
  ['some values for any', text, { enum: ['a'] }, '/: must be one of ["a"], and was free'],
  ['other items', { type: 'array', items: text }, { type: 'array', items: { type: 'null' } }, '/*: may not be string'],
  ['items of a kind', { type: 'array' }, { type: 'array', items: text }, '/*: must be string, and was anything'],
  ['items of any kind', { type: 'array', items: text }, { type: 'array' }, undefined],
  ['items by their place', { items: [text] }, { items: [text, text] }, "/: items can't be compared"],
  ['what is not understood', { not: text }, { not: { type: 'null' } }, "/: not can't be compared"],
  ['no more of what is not understood', { not: text }, {}, "/: not can't be compared"],
  ['something else, beside what is not understood', { not: text }, { not: text, maxLength: 5 }, '/: maxLength is 5'],
  ['a name with a slash', object({}), object({ 'a/b': text }, { required: ['a/b'] }), '/a~1b: is required'],
  ['a name that every object has', object({}), object({ constructor: text }), undefined],
];

it.each(STEPS)('%s', (_, before, after, reason) => {
  const found = incompatibilities('backward', before, after);
  if (reason === undefined) expect(found).toEqual([]);
  else expect(found).toEqual([expect.stringContaining(`the later one may refuse: ${reason}`)]);
});

describe('a mode asks', () => {
  const optional = object({ a: text });
  const required = object({ a: text }, { required: ['a'] });
  it.each<[Compatibility, boolean, boolean]>([
    ['backward', false, true],
    ['forward', true, false],
    ['full', false, false],
    ['none', true, true],
  ])('%s: a property becomes required %s, optional %s', (mode, becomesRequired, becomesOptional) => {
    expect(incompatibilities(mode, optional, required).length === 0).toBe(becomesRequired);
    expect(incompatibilities(mode, required, optional).length === 0).toBe(becomesOptional);
  });
});

it('never lets through a version that refuses what an earlier one took', () => {
  const random = new Random('schemas');
  const ajv = new Ajv({ strict: false });
  let compatible = 0;
  let witnesses = 0;
  for (let round = 0; round < 1_000; round++) {
    const earlier = randomSchema(random, 2);
    const later = random.chance(0.7) ? altered(random, earlier) : randomSchema(random, 2);
    const isCompatible = incompatibilities('backward', earlier, later).length === 0;
    if (isCompatible) compatible++;
    const before = ajv.compile(earlier);
    const after = ajv.compile(later);
    for (let n = 0; n < 20; n++) {
      const value = valueFor(random, earlier);
      if (!before(value)) continue;
      if (isCompatible) expect(after(value), JSON.stringify({ earlier, later, value })).toBe(true);
      else if (!after(value)) {
        witnesses++;
        break;
      }
    }
    ajv.removeSchema();
  }
  // Neither verdict is the only one, and that of refusal is seldom without a reason.
  expect(compatible).toBeGreaterThan(100);
  expect(witnesses).toBeGreaterThan((1_000 - compatible) / 2);
});

const NAMES = ['a', 'b', 'c'];

function randomSchema(random: Random, depth: number): Schema {
  const kinds =
    depth > 0 ? ['string', 'integer', 'null', 'enum', 'object', 'array', 'anyOf'] : ['string', 'integer', 'enum'];
  const optional = (keyword: string, value: unknown): Schema => (random.chance(0.4) ? { [keyword]: value } : {});
  const kind = random.pick(kinds);
  switch (kind) {
    case 'string':
      return {
        type: 'string',
        ...optional('minLength', random.integer(0, 2)),
        ...optional('maxLength', random.integer(2, 4)),
      };
    case 'integer':
      return {
        type: random.pick(['integer', 'number']),
        ...optional('minimum', random.integer(-2, 2)),
        ...optional('maximum', random.integer(2, 4)),
      };
    case 'enum':
      return { enum: NAMES.slice(0, random.integer(1, 3)) };
    case 'array':
      return {
        type: 'array',
        ...optional('items', randomSchema(random, depth - 1)),
        ...optional('maxItems', random.integer(1, 3)),
      };
    case 'anyOf':
      return { anyOf: [randomSchema(random, depth - 1), { type: 'null' }] };
    case 'object': {
      const names = NAMES.filter(() => random.chance(0.6));
      return {
        type: 'object',
        properties: Object.fromEntries(names.map((name) => [name, randomSchema(random, depth - 1)])),
        required: names.filter(() => random.chance(0.5)),
        ...optional('additionalProperties', random.pick([false, true, { type: 'integer' }])),
      };
    }
    default:
      return { type: kind };
  }
}

/** The same schema with one thing done to it, somewhere. */
function altered(random: Random, schema: Schema): Schema {
  const copy = structuredClone(schema) as Record<string, unknown>;
  const properties = copy.properties as Record<string, Schema> | undefined;
  const names = Object.keys(properties ?? {});
  if (properties && names.length > 0 && random.chance(0.6)) {
    const name = random.pick(names);
    properties[name] = altered(random, properties[name] as Schema);
    return copy;
  }
  if (properties && random.chance(0.5)) {
    copy.required = NAMES.filter((name) => name in properties && random.chance(0.5));
    return copy;
  }
  const bound = random.pick(['minLength', 'maxLength', 'minimum', 'maximum', 'maxItems']);
  if (random.chance(0.5)) delete copy[bound];
  else copy[bound] = random.integer(0, 5);
  return copy;
}

/** A value that mostly follows a schema, with none but declared properties. */
function valueFor(random: Random, schema: Schema): unknown {
  if (schema.anyOf) return valueFor(random, random.pick(schema.anyOf as Schema[]));
  if (schema.enum) return random.pick(schema.enum as unknown[]);
  switch (schema.type) {
    case 'string':
      return 'abcde'.slice(0, random.integer(0, 5));
    case 'integer':
      return random.integer(-3, 5);
    case 'number':
      return random.integer(-6, 10) / 2;
    case 'null':
      return null;
    case 'array':
      return Array.from({ length: random.integer(0, 3) }, () =>
        valueFor(random, (schema.items ?? { type: 'integer' }) as Schema),
      );
    default: {
      const required = (schema.required ?? []) as string[];
      const entries = Object.entries((schema.properties ?? {}) as Record<string, Schema>)
        .filter(([name]) => required.includes(name) || random.chance(0.5))
        .map(([name, property]) => [name, valueFor(random, property)]);
      const more =
        typeof schema.additionalProperties === 'object' && random.chance(0.5) ? { d: random.integer(0, 5) } : {};
      return { ...Object.fromEntries(entries), ...more };
    }
  }
}
