import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RssSource } from './definition.ts';
import { parseDefinition } from './parse-definition.ts';
import { DefinitionError } from './problems.ts';

const read = (name: string): string => readFileSync(new URL(`testdata/${name}`, import.meta.url), 'utf8');
const files = (kind: string): string[] =>
  readdirSync(new URL('testdata', import.meta.url))
    .filter((name) => name.startsWith(`${kind}-`) && name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length));

function failure(text: string, file?: string): DefinitionError {
  try {
    parseDefinition(text, file);
  } catch (error) {
    if (error instanceof DefinitionError) return error;
    throw error;
  }
  throw new Error('the definition was accepted');
}

/** The same text as an editor on Windows may save it. */
const onWindows = (text: string): string => `\ufeff${text.replaceAll('\n', '\r\n')}`;

describe('parseDefinition', () => {
  it.each(files('valid'))('reads testdata/%s.yaml', (name) => {
    const text = read(`${name}.yaml`);
    const expected = JSON.parse(read(`${name}.expected.json`));
    expect(parseDefinition(text)).toEqual(expected);
    expect(parseDefinition(onWindows(text))).toEqual(expected);
  });

  it.each(files('invalid'))('says what is wrong with testdata/%s.yaml', (name) => {
    const text = read(`${name}.yaml`);
    const expected = read(`${name}.expected.txt`);
    expect(`${failure(text, `${name}.yaml`).message}\n`).toBe(expected);
    expect(`${failure(onWindows(text), `${name}.yaml`).message}\n`).toBe(expected);
  });

  it('has an expectation for each of its test files, and no other', () => {
    const names = readdirSync(new URL('testdata', import.meta.url));
    const expected = [
      ...files('valid').flatMap((name) => [`${name}.yaml`, `${name}.expected.json`]),
      ...files('invalid').flatMap((name) => [`${name}.yaml`, `${name}.expected.txt`]),
    ];
    expect(names.sort()).toEqual(expected.sort());
    expect(files('valid').length).toBeGreaterThan(5);
    expect(files('invalid').length).toBeGreaterThan(25);
  });

  it('gives each problem its line, column and path', () => {
    const { problems } = failure('sources:\n  a: { kind: atom, feeds: [nowhere] }\n');
    expect(problems).toEqual([
      { line: 2, column: 14, path: 'sources.a.kind', message: '"atom" is not allowed here; allowed: rss, twitter' },
      {
        line: 2,
        column: 28,
        path: 'sources.a.feeds[0]',
        message: '"nowhere" is not allowed here; allowed: an http or https address, or newsroom:/… for a built-in feed',
      },
    ]);
  });

  it('names newsjet.yaml when it is told no other name', () => {
    expect(failure('').message).toMatch(/^newsjet\.yaml has a problem:\nnewsjet\.yaml:1:1: /);
  });

  it('never repeats what may be a password', () => {
    const names = files('invalid').filter((name) => name.endsWith('credentials'));
    expect(names).toEqual(['invalid-credentials', 'invalid-syntax-credentials']);
    for (const name of names) {
      expect(read(`${name}.yaml`)).toContain('SECRET');
      expect(failure(read(`${name}.yaml`)).message).not.toContain('SECRET');
    }
  });

  it('reads ten thousand feeds', () => {
    const feeds = Array.from({ length: 10_000 }, (_, n) => `      - { url: https://h${n}.example/rss, every: 15m }`);
    const { sources } = parseDefinition(`sources:\n  many:\n    kind: rss\n    feeds:\n${feeds.join('\n')}\n`);
    const [many] = sources as RssSource[];
    expect(many?.feeds).toHaveLength(10_000);
    expect(many?.feeds[9_999]).toMatchObject({ url: 'https://h9999.example/rss', everyMs: 900_000 });
    expect(new Set(many?.feeds.map(({ id }) => id)).size).toBe(10_000);
  });

  it('reports ten thousand problems, in the order of the file', () => {
    const feeds = Array.from({ length: 10_000 }, () => '      - nowhere');
    const { problems } = failure(`sources:\n  many:\n    kind: rss\n    feeds:\n${feeds.join('\n')}\n`);
    expect(problems.map(({ line }) => line)).toEqual(feeds.map((_, n) => n + 5));
  });

  it('reads ten thousand sources, and ten thousand repetitions of a value', () => {
    const sources = Array.from(
      { length: 10_000 },
      (_, n) => `  s${n}: ${n === 0 ? '&all { kind: rss, feeds: [https://a.example/rss] }' : '*all'}`,
    );
    expect(parseDefinition(`sources:\n${sources.join('\n')}\n`).sources).toHaveLength(10_000);
  });

  it('is not caught by values that multiply as they are repeated', () => {
    const levels = Array.from({ length: 30 }, (_, n) => {
      const item = n === 0 ? 'x' : `*l${n - 1}`;
      return `  - &l${n} [${Array(10).fill(item).join(', ')}]`;
    });
    const { problems } = failure(`nats: { servers: &top [*l29] }\nsources:\n${levels.join('\n')}\n`);
    expect(problems[0]?.message).toBe('*l29 repeats nothing: no &l29 comes before it');
    const after = failure(`workers:\n${levels.join('\n')}\nnats: { servers: *l29 }\n`);
    expect(after.problems.map(({ path, message }) => `${path} ${message}`)).toEqual([
      'sources is missing; name at least one source with its kind and feeds',
      'workers must be a mapping, but is a list',
      'nats.servers a list is not allowed here; allowed: 1, 3, 5',
    ]);
  });
});
