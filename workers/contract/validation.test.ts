import { describe, expect, it } from 'vitest';
import {
  FEED_POLL,
  MESSAGE_SCHEMAS,
  type MessageSchema,
  NEWS_ITEM,
  PROCESSED_NEWS,
  RAW_DOCUMENT,
  schemaHeader,
} from './messages.ts';
import { InvalidMessageError, validateMessage } from './validation.ts';

const POLL = { source: 'programmez', feed: 'actu', url: 'https://a.example/rss', everyMs: 3_000 };
const RAW = { data: '<rss/>', timestamp: '2025-11-22T10:00:00.000Z' };
const NEWS = {
  title: 'NATS 2.15 released',
  description: '',
  date: '2025-11-22T10:00:00.000Z',
  link: 'https://a.example/1',
  id: '0123456789abcdef0123456789abcdef',
  source: 'programmez',
};
const without = (value: object, key: string) =>
  Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));

/** Stands for what a message holds: no message of an error may repeat it. */
const BODY = 'BODY-OF-THE-MESSAGE';

interface Case {
  readonly type: MessageSchema;
  readonly header: string;
  readonly good: readonly object[];
  /** What is wrong, the path that the error names, and how its reason begins. */
  readonly bad: readonly (readonly [value: unknown, path: string, reason: string])[];
}

const CASES: readonly Case[] = [
  {
    type: FEED_POLL,
    header: 'FEEDS/1',
    good: [
      POLL,
      { ...POLL, everyMs: null },
      { ...POLL, url: 'newsroom:/agency.rss' },
      { ...POLL, url: 'http://127.0.0.1/' },
      { ...POLL, later: 1 },
    ],
    bad: [
      [null, '/', 'must be object'],
      [[POLL], '/', 'must be object'],
      [without(POLL, 'source'), '/', "must have required property 'source'"],
      [without(POLL, 'everyMs'), '/', "must have required property 'everyMs'"],
      [{ ...POLL, source: BODY }, '/source', 'must match pattern'],
      [{ ...POLL, feed: 'a.b' }, '/feed', 'must match pattern'],
      [{ ...POLL, url: `ftp://${BODY}` }, '/url', 'must match pattern'],
      [{ ...POLL, url: 5 }, '/url', 'must be string'],
      [{ ...POLL, everyMs: 0 }, '/everyMs', 'must be >= 1'],
      [{ ...POLL, everyMs: 1.5 }, '/everyMs', 'must be integer'],
      [{ ...POLL, everyMs: BODY }, '/everyMs', 'must be integer'],
    ],
  },
  {
    type: RAW_DOCUMENT,
    header: 'SOURCES/1',
    good: [RAW, { ...RAW, data: '' }, { ...RAW, timestamp: '2025-11-22T11:00:00+01:00' }],
    bad: [
      [BODY, '/', 'must be object'],
      [without(RAW, 'data'), '/', "must have required property 'data'"],
      [{ ...RAW, data: [BODY] }, '/data', 'must be string'],
      [{ ...RAW, timestamp: BODY }, '/timestamp', 'must match format "date-time"'],
      [{ ...RAW, timestamp: '2025-11-22' }, '/timestamp', 'must match format "date-time"'],
      [{ ...RAW, timestamp: '2025-11-22T10:00:00' }, '/timestamp', 'must match format "date-time"'],
      [{ ...RAW, timestamp: '2025-13-22T10:00:00Z' }, '/timestamp', 'must match format "date-time"'],
      // A leap second is no time that a Date can hold.
      [{ ...RAW, timestamp: '2016-12-31T23:59:60Z' }, '/timestamp', 'must match format "date-time"'],
      [{ ...RAW, timestamp: '2025-02-30T10:00:00Z' }, '/timestamp', 'must match format "date-time"'],
      [{ ...RAW, timestamp: 1_763_805_600 }, '/timestamp', 'must be string'],
    ],
  },
  ...[
    { type: NEWS_ITEM, header: 'NEWS.received/1' },
    { type: PROCESSED_NEWS, header: 'NEWS.processed/1' },
  ].map(
    (type): Case => ({
      ...type,
      good: [
        NEWS,
        { ...NEWS, date: null, link: '' },
        { ...NEWS, author: 'A', image: 'https://a.example/1.png', language: 'fr-CA' },
        { ...NEWS, title: 'x'.repeat(1_000), description: 'x'.repeat(25_000) },
        { ...NEWS, tags: ['a later version has them'] },
      ],
      bad: [
        [undefined, '/', 'must be object'],
        [without(NEWS, 'title'), '/', "must have required property 'title'"],
        [without(NEWS, 'date'), '/', "must have required property 'date'"],
        [without(NEWS, 'id'), '/', "must have required property 'id'"],
        [{ ...NEWS, title: '' }, '/title', 'must NOT have fewer than 1 characters'],
        [{ ...NEWS, title: BODY.repeat(100) }, '/title', 'must NOT have more than 1000 characters'],
        [{ ...NEWS, description: 'x'.repeat(25_001) }, '/description', 'must NOT have more than 25000 characters'],
        [{ ...NEWS, description: null }, '/description', 'must be string'],
        [{ ...NEWS, date: BODY }, '/date', 'must match format "date-time"'],
        [{ ...NEWS, date: 'Sat, 22 Nov 2025 10:00:00 GMT' }, '/date', 'must match format "date-time"'],
        [{ ...NEWS, link: '/1' }, '/link', 'must match pattern'],
        [{ ...NEWS, link: `javascript:${BODY}` }, '/link', 'must match pattern'],
        [{ ...NEWS, id: 'X' }, '/id', 'must match pattern'],
        [{ ...NEWS, source: 'A source' }, '/source', 'must match pattern'],
        [{ ...NEWS, author: '' }, '/author', 'must NOT have fewer than 1 characters'],
        [{ ...NEWS, image: `data:${BODY}` }, '/image', 'must match pattern'],
        [{ ...NEWS, language: BODY.repeat(2) }, '/language', 'must NOT have more than 35 characters'],
      ],
    }),
  ),
];

describe.each(CASES)('a message $header', ({ type, header, good, bad }) => {
  it('is announced by its header', () => {
    expect(schemaHeader(type)).toBe(header);
  });

  it.each(good.map((value, index) => ({ number: index + 1, value })))('is accepted: $number.', ({ value }) => {
    expect(validateMessage(type, value)).toBe(value);
  });

  const named = bad.map(([value, path, reason], index) => ({ number: index + 1, value, path, reason }));
  it.each(named)('is refused: $number. $path $reason', ({ value, path, reason }) => {
    const error = refusal(() => validateMessage(type, value));
    expect(error.path).toBe(path);
    expect(error.message).toContain(`not a valid ${header} message: ${path} ${reason}`);
    expect(error.message).not.toContain(BODY);
    expect(error.message.length).toBeLessThan(200);
  });
});

it('has one schema for each subject and version', () => {
  expect(MESSAGE_SCHEMAS.map(schemaHeader)).toEqual(['FEEDS/1', 'SOURCES/1', 'NEWS.received/1', 'NEWS.processed/1']);
});

function refusal(validate: () => unknown): InvalidMessageError {
  try {
    validate();
  } catch (error) {
    if (error instanceof InvalidMessageError) return error;
    throw error;
  }
  throw new Error('the message was accepted');
}
