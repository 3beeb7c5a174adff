// The rules of the filtered stream: added, deleted, matched.
import { RULE_PROBLEM_TYPES } from './problems.ts';
import { parseQuery, type Query, QueryError } from './query.ts';
import { matches, type SearchablePost } from './query-match.ts';

/** A rule as the API shows it. */
export interface Rule {
  readonly id: string;
  readonly value: string;
  readonly tag?: string;
}

/** What a change came to; `data` are the rules that it added. */
export interface RuleChange {
  readonly data: readonly Rule[];
  readonly summary: Readonly<Record<string, number>>;
  readonly errors: readonly object[];
}

/** How many rules there may be, and how long, in code points. */
export interface RuleLimits {
  readonly maxRules: number;
  readonly maxRuleLength: number;
}

/** Whoever listens to the stream is sent what matches one of these. */
export class RuleBook {
  readonly #limits: RuleLimits;
  readonly #nextId: () => string;
  #rules: readonly (Rule & { readonly query: Query })[] = [];

  constructor(limits: RuleLimits, nextId: () => string) {
    this.#limits = limits;
    this.#nextId = nextId;
  }

  get all(): readonly Rule[] {
    return this.#rules.map(toRule);
  }

  /** The rules that a post matches, as the stream names them. */
  matching(post: SearchablePost): readonly { readonly id: string; readonly tag?: string }[] {
    return this.#rules
      .filter(({ query }) => matches(query, post))
      .map(({ id, tag }) => ({ id, ...(tag === undefined ? {} : { tag }) }));
  }

  /** Adds rules: each that is valid and new, whatever is wrong with the others. */
  add(wanted: readonly { readonly value: string; readonly tag?: string }[], dryRun: boolean): RuleChange {
    const rules = [...this.#rules];
    const added: Rule[] = [];
    const errors: object[] = [];
    for (const { value, tag } of wanted) {
      const trimmed = value.trim();
      const same = rules.find((rule) => rule.value === trimmed);
      if (same) {
        errors.push({ value, id: same.id, title: 'DuplicateRule', type: RULE_PROBLEM_TYPES.duplicate });
        continue;
      }
      const query = this.#parse(trimmed);
      if (typeof query === 'string') {
        errors.push({ value, details: [query], title: 'UnprocessableEntity', type: RULE_PROBLEM_TYPES.invalid });
      } else if (rules.length >= this.#limits.maxRules) {
        const detail = `Your request would exceed the maximum of ${this.#limits.maxRules} rules.`;
        errors.push({ value, title: 'RulesCapExceeded', detail, type: RULE_PROBLEM_TYPES.cap });
      } else {
        const rule = { id: this.#nextId(), value: trimmed, ...(tag === undefined ? {} : { tag }), query };
        rules.push(rule);
        added.push(toRule(rule));
      }
    }
    if (!dryRun) this.#rules = rules;
    const refused = wanted.length - added.length;
    const summary = { created: added.length, not_created: refused, valid: added.length, invalid: refused };
    return { data: added, summary, errors };
  }

  /** Deletes rules by id or by value; one that is not there is an error and holds up no other. */
  delete(key: 'id' | 'value', wanted: readonly string[], dryRun: boolean): RuleChange {
    const missing = wanted.filter((each) => !this.#rules.some((rule) => rule[key] === each));
    if (!dryRun) this.#rules = this.#rules.filter((rule) => !wanted.includes(rule[key]));
    const errors = missing.map((each) => ({
      errors: [{ parameters: { [`${key}s`]: [each] }, message: 'Rule does not exist' }],
      title: 'Invalid Request',
      detail: 'One or more parameters to your request was invalid.',
      type: RULE_PROBLEM_TYPES.request,
    }));
    return {
      data: [],
      summary: { deleted: wanted.length - missing.length, not_deleted: missing.length },
      errors,
    };
  }

  /** @returns the query, or what is wrong with it */
  #parse(value: string): Query | string {
    const length = [...value].length;
    const { maxRuleLength } = this.#limits;
    if (length > maxRuleLength) {
      return `Rule exceeds the maximum allowed length of ${maxRuleLength} characters: it has ${length}`;
    }
    try {
      return parseQuery(value);
    } catch (error) {
      if (error instanceof QueryError) return error.message;
      throw error;
    }
  }
}

const toRule = ({ id, value, tag }: Rule): Rule => ({ id, value, ...(tag === undefined ? {} : { tag }) });
