// The query language of rules and searches: words, phrases, hashtags, mentions, a few operators, OR, negation, parentheses.

/** A query, parsed. */
export type Query =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Query[] }
  | { readonly kind: 'not'; readonly term: Query }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'hashtag' | 'mention' | 'from' | 'lang' | 'has' | 'is'; readonly value: string };

/** A query that is none; the message names what is wrong and where, as the API's `details` do. */
export class QueryError extends Error {
  override readonly name = 'QueryError';

  constructor(what: string, position: number) {
    super(`${what} (at position ${position + 1})`);
  }
}

const OPERATORS = {
  from: /^@?[A-Za-z0-9_]{1,15}$/,
  lang: /^[a-z]{2,3}(?:-[A-Za-z]{2,4})?$/i,
  has: /^(?:links|hashtags|mentions|media|images|videos|cashtags|geo)$/,
  is: /^(?:retweet|reply|quote|verified)$/,
} as const;
type Operator = keyof typeof OPERATORS;

/** Splits a text into words as queries compare them: letters, marks, digits and underscores, in lower case. */
export const splitWords = (text: string): readonly string[] =>
  text
    .normalize('NFC')
    .toLowerCase()
    .match(/[\p{L}\p{M}\p{N}_]+/gu) ?? [];

interface Token {
  readonly kind: '(' | ')' | '-' | 'OR' | 'term';
  readonly position: number;
  readonly query?: Query;
}

/**
 * Parses a query.
 * @throws {QueryError} for an unknown operator, unbalanced quotes or parentheses, a negated group, and a query without
 *   anything that may stand alone (a word, phrase, hashtag, mention or `from:` that is not negated)
 */
export function parseQuery(text: string): Query {
  const parser = new Parser(readTokens(text), text.length);
  const query = parser.readAll();
  if (!standsAlone(query)) {
    throw new QueryError('a rule must contain at least one operator that may stand alone and is not negated', 0);
  }
  return query;
}

/** AND binds tighter than OR. */
class Parser {
  readonly #tokens: readonly Token[];
  readonly #length: number;
  #next = 0;

  constructor(tokens: readonly Token[], length: number) {
    this.#tokens = tokens;
    this.#length = length;
  }

  readAll(): Query {
    const query = this.#readOr();
    const rest = this.#tokens[this.#next];
    if (rest) throw new QueryError(`unexpected '${rest.kind}'`, rest.position);
    return query;
  }

  #readOr(): Query {
    const terms = [this.#readAnd()];
    while (this.#tokens[this.#next]?.kind === 'OR') {
      this.#next++;
      terms.push(this.#readAnd());
    }
    return terms.length === 1 ? (terms[0] as Query) : { kind: 'or', terms };
  }

  #readAnd(): Query {
    const terms: Query[] = [];
    for (let token = this.#tokens[this.#next]; token; token = this.#tokens[this.#next]) {
      if (token.kind === 'OR' || token.kind === ')') break;
      terms.push(this.#readTerm(token));
    }
    if (terms.length === 0) {
      throw new QueryError('missing a clause', this.#tokens[this.#next]?.position ?? this.#length);
    }
    return terms.length === 1 ? (terms[0] as Query) : { kind: 'and', terms };
  }

  #readTerm(token: Token): Query {
    this.#next++;
    if (token.query) return token.query;
    if (token.kind === '-') {
      const negated = this.#tokens[this.#next]?.query;
      if (!negated) throw new QueryError('only a single operator can be negated, not a group', token.position);
      this.#next++;
      return { kind: 'not', term: negated };
    }
    const group = this.#readOr();
    if (this.#tokens[this.#next]?.kind !== ')') throw new QueryError("missing ')'", this.#length);
    this.#next++;
    return group;
  }
}

function readTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < text.length) {
    const rest = text.slice(position);
    const space = /^\s+/.exec(rest)?.[0].length ?? 0;
    if (space > 0) {
      position += space;
      continue;
    }
    const mark = /^[()]|^-(?!\s)/.exec(rest)?.[0] as '(' | ')' | '-' | undefined;
    if (mark) {
      tokens.push({ kind: mark, position });
      position += 1;
      continue;
    }
    const [length, token] = readTerm(rest, position);
    tokens.push(token);
    position += length;
  }
  return tokens;
}

function readTerm(rest: string, position: number): [number, Token] {
  if (rest.startsWith('"')) {
    const phrase = /^"([^"]*)"/.exec(rest);
    if (!phrase) throw new QueryError("missing '\"'", position + rest.length);
    return [phrase[0].length, { kind: 'term', position, query: toWords(phrase[1] as string, position) }];
  }
  const raw = /^[^\s()"]+/.exec(rest)?.[0] as string;
  if (raw === 'OR') return [raw.length, { kind: 'OR', position }];
  if (/^(?:or|and)$/i.test(raw)) {
    const word = raw.toLowerCase();
    throw new QueryError(`Ambiguous use of ${word} as a keyword. Use "${word}" to find it in the text`, position);
  }
  return [raw.length, { kind: 'term', position, query: readOperand(raw, position) }];
}

function readOperand(raw: string, position: number): Query {
  const marked = /^([#@])([\p{L}\p{M}\p{N}_]+)$/u.exec(raw);
  if (marked) {
    const value = (marked[2] as string).normalize('NFC').toLowerCase();
    return { kind: marked[1] === '#' ? 'hashtag' : 'mention', value };
  }
  const [, name, value] = /^([A-Za-z_]+):(.*)$/.exec(raw) ?? [];
  if (name === undefined || value === undefined) {
    const odd = /[^\p{L}\p{M}\p{N}_'’.&-]/u.exec(raw);
    if (odd) throw new QueryError(`no viable alternative at character '${odd[0]}'`, position + odd.index);
    return toWords(raw, position);
  }
  if (!Object.hasOwn(OPERATORS, name)) {
    throw new QueryError(`Reference to invalid operator '${name}'. Operator is not available`, position);
  }
  const kind = name as Operator;
  if (!OPERATORS[kind].test(value))
    throw new QueryError(`'${value}' is not a value of the operator '${name}'`, position);
  return { kind, value: value.replace(/^@/, '').toLowerCase() };
}

function toWords(text: string, position: number): Query {
  const words = splitWords(text);
  if (words.length === 0) throw new QueryError('a keyword or phrase needs a letter or digit', position);
  return { kind: 'words', words };
}

function standsAlone(query: Query): boolean {
  switch (query.kind) {
    case 'and':
      return query.terms.some(standsAlone);
    case 'or':
      return query.terms.every(standsAlone);
    case 'words':
    case 'hashtag':
    case 'mention':
    case 'from':
      return true;
    default:
      return false;
  }
}
