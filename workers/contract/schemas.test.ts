import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { NEWS_ITEM } from './messages.ts';
import { incompatibilities } from './schema-compatibility.ts';
import { SCHEMAS, schemaSubject } from './schemas.ts';

const RELEASED = new URL('released/', import.meta.url);
const released = (key: string): unknown => JSON.parse(readFileSync(new URL(`${key}.json`, RELEASED), 'utf8'));

describe.each(SCHEMAS)('$key', ({ subject, version, key, document }) => {
  it('is as it was released: what is to be different needs a version of its own', () => {
    expect(document).toEqual(released(key));
  });

  it('takes all that the versions before it describe', () => {
    const earlier = SCHEMAS.filter((other) => other.subject === subject && other.version < version);
    expect(earlier.flatMap((other) => incompatibilities('backward', other.document, document))).toEqual([]);
  });

  it('is a schema for anybody who reads JSON Schema, and says which', () => {
    const ajv = formats.default(new Ajv({ strict: true, allowUnionTypes: true }));
    expect(ajv.validateSchema(document)).toBe(true);
    expect(() => ajv.compile(document)).not.toThrow();
    expect(document).toMatchObject({
      title: `${subject}/${version}`,
      description: expect.stringMatching(/^[A-Z].*[^.]$/),
    });
  });
});

it('knows every released version', () => {
  expect(readdirSync(RELEASED).sort()).toEqual(SCHEMAS.map(({ key }) => `${key}.json`).sort());
});

it('has a key and a subject for each', () => {
  const news = SCHEMAS.find(({ subject }) => subject === NEWS_ITEM.subject);
  expect(news).toMatchObject({ key: 'NEWS.received.1' });
  expect(schemaSubject(news as (typeof SCHEMAS)[number])).toBe('$KV.schemas.NEWS.received.1');
  expect(new Set(SCHEMAS.map(({ key }) => key)).size).toBe(SCHEMAS.length);
});
