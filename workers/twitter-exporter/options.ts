// What a twitter-exporter is told by its environment.
import { type Option, text } from '../runtime/environment.ts';
import type { RuleDefinition } from './rules.ts';

const RULES_FORM = 'allowed: a JSON list of rules, each {"value": text, "tag": text, "line": number}';

/** The rules of the definition, with the line of each. */
const rules = (variable: string): Option<readonly RuleDefinition[]> => ({
  variable,
  parse: (value) => {
    let list: unknown;
    try {
      list = JSON.parse(value);
    } catch {
      throw new Error(RULES_FORM);
    }
    if (!Array.isArray(list) || !list.every(isRule)) throw new Error(RULES_FORM);
    return list;
  },
});

const baseUrl = (variable: string, otherwise: string): Option<string> => ({
  variable,
  otherwise,
  parse: (value) => {
    if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
      throw new Error('allowed: an http or https address');
    }
    return value.replace(/\/+$/, '');
  },
});

function isRule(value: unknown): value is RuleDefinition {
  const rule = value as Partial<RuleDefinition> | null;
  return typeof rule?.value === 'string' && typeof rule.tag === 'string' && Number.isInteger(rule.line);
}

export const EXPORTER_OPTIONS = {
  source: text('SOURCE'),
  rules: rules('RULES'),
  apiUrl: baseUrl('X_API_URL', 'https://api.x.com'),
  // Not the runtime's kind of secret: an exporter without a token runs, and says so.
  token: text('X_BEARER_TOKEN', { otherwise: '' }),
  tokenFile: text('X_BEARER_TOKEN_FILE', { otherwise: '' }),
} as const;
