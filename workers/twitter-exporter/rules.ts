// The rules of the filtered stream: brought to what the definition says, rule by rule, and only those that are ours.
import type { ApiRequest } from './api.ts';
import { ApiError, fieldsOf, objects, textOf } from './problems.ts';
import type { MatchingRule } from './stream-object.ts';

export const RULES_PATH = '/2/tweets/search/stream/rules';
const MAX_PAGES = 20;

/** A rule as the definition has it. */
export interface RuleDefinition {
  readonly value: string;
  readonly tag: string;
  /** Line in the definition's file. */
  readonly line: number;
}

/** A rule that the API does not take, with its own words. */
export interface RefusedRule {
  readonly rule: RuleDefinition;
  readonly message: string;
}

/** What a reconciliation came to. */
export interface RuleOutcome {
  /** The rules that are in force, with their ids at the API. */
  readonly active: readonly { readonly id: string; readonly rule: RuleDefinition }[];
  readonly refused: readonly RefusedRule[];
  readonly added: number;
  readonly deleted: number;
}

/** Asks the API, as one token. */
export type AskApi = (request: Omit<ApiRequest, 'token'>) => Promise<unknown>;

interface ExistingRule {
  readonly id: string;
  readonly value: string;
  readonly tag: string;
}

/** Tags of this source's rules at the API: others are not ours to touch. */
export const tagPrefix = (source: string): string => `newsjet.${source}.`;

/** Says what is refused, for people. */
export const describeRefusal = ({ rule, message }: RefusedRule): string =>
  `rule ${rule.tag} in line ${rule.line} is refused: ${message}`;

/** Whether a post was asked for by this source: rules of others share the stream. */
export function isWanted(matching: readonly MatchingRule[], source: string, { active }: RuleOutcome): boolean {
  if (matching.length === 0) return true;
  return matching.some(({ id, tag }) => tag.startsWith(tagPrefix(source)) || active.some((rule) => rule.id === id));
}

/**
 * Adds the rules that are missing and deletes those of ours that are declared no more, each after a dry run. A rule whose
 * changed value is refused keeps its old one.
 * @throws {ApiError} when the API refuses the requests themselves
 * @throws {NetworkError} when it can't be reached
 */
export async function reconcileRules(
  ask: AskApi,
  source: string,
  rules: readonly RuleDefinition[],
): Promise<RuleOutcome> {
  const ours = (await listRules(ask)).filter(({ tag }) => tag.startsWith(tagPrefix(source)));
  const declared = new Map(rules.map((rule) => [tagPrefix(source) + rule.tag, rule]));
  const isInForce = ({ tag, value }: ExistingRule): boolean => declared.get(tag)?.value.trim() === value.trim();
  const active = ours.filter(isInForce).map(({ id, tag }) => ({ id, rule: declared.get(tag) as RuleDefinition }));
  const missing = rules.filter((rule) => !active.some((each) => each.rule === rule));
  // First what nobody declares any more: there is only room for so many rules.
  const undeclared = ours.filter(({ tag }) => !declared.has(tag));
  await deleteRules(ask, undeclared);
  const tried = await addRules(ask, source, missing, true);
  const valid = missing.filter((rule) => !tried.refused.some((refusal) => refusal.rule === rule));
  const isReplaced = (rule: ExistingRule): boolean =>
    !isInForce(rule) && valid.includes(declared.get(rule.tag) as RuleDefinition);
  const replaced = ours.filter(isReplaced);
  await deleteRules(ask, replaced);
  const added = await addRules(ask, source, valid, false);
  return {
    active: [...active, ...added.accepted],
    refused: [...tried.refused, ...added.refused],
    added: added.accepted.length,
    deleted: undeclared.length + replaced.length,
  };
}

async function listRules(ask: AskApi): Promise<ExistingRule[]> {
  const found: ExistingRule[] = [];
  let token: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = fieldsOf(await ask({ path: RULES_PATH, query: { pagination_token: token } }));
    for (const rule of objects(answer.data)) {
      found.push({ id: textOf(rule.id), value: String(rule.value), tag: textOf(rule.tag) });
    }
    token = textOf(fieldsOf(answer.meta).next_token) || undefined;
    if (token === undefined) break;
  }
  return found;
}

async function deleteRules(ask: AskApi, rules: readonly ExistingRule[]): Promise<void> {
  if (rules.length === 0) return;
  const body = { delete: { ids: rules.map(({ id }) => id) } };
  await ask({ path: RULES_PATH, query: { dry_run: 'true' }, body });
  await ask({ path: RULES_PATH, body });
}

interface Addition {
  readonly accepted: readonly { readonly id: string; readonly rule: RuleDefinition }[];
  readonly refused: readonly RefusedRule[];
}

async function addRules(
  ask: AskApi,
  source: string,
  rules: readonly RuleDefinition[],
  dryRun: boolean,
): Promise<Addition> {
  if (rules.length === 0) return { accepted: [], refused: [] };
  const add = rules.map(({ value, tag }) => ({ value, tag: tagPrefix(source) + tag }));
  const answer = fieldsOf(await askToAdd(ask, { add }, dryRun));
  const accepted: { id: string; rule: RuleDefinition }[] = [];
  const refused: RefusedRule[] = [];
  const named = (value: unknown) => rules.find((rule) => rule.value.trim() === String(value).trim());
  for (const error of objects(answer.errors)) {
    const rule = named(error.value) ?? (rules.length === 1 ? rules[0] : undefined);
    // An error that names no rule: one by one it shows which it is about.
    if (!rule) return addOneByOne(ask, source, rules, dryRun);
    // The stream has its posts already, whoever added the rule.
    if (error.title === 'DuplicateRule') accepted.push({ id: textOf(error.id), rule });
    else refused.push({ rule, message: refusalMessage(error) });
  }
  for (const { id, value } of objects(answer.data)) {
    const rule = named(value);
    if (rule) accepted.push({ id: textOf(id), rule });
  }
  return { accepted, refused };
}

async function addOneByOne(
  ask: AskApi,
  source: string,
  rules: readonly RuleDefinition[],
  dryRun: boolean,
): Promise<Addition> {
  const results: Addition[] = [];
  for (const rule of rules) results.push(await addRules(ask, source, [rule], dryRun));
  return {
    accepted: results.flatMap(({ accepted }) => accepted),
    refused: results.flatMap(({ refused }) => refused),
  };
}

/** A request of which the API takes no rule may be answered as an error, with the same body. */
async function askToAdd(ask: AskApi, body: unknown, dryRun: boolean): Promise<unknown> {
  try {
    return await ask({ path: RULES_PATH, query: { dry_run: dryRun ? 'true' : undefined }, body });
  } catch (error) {
    const isAboutRules =
      error instanceof ApiError &&
      [400, 422].includes(error.problem.status ?? 0) &&
      objects(fieldsOf(error.body).errors).length > 0;
    if (!isAboutRules) throw error;
    return error.body;
  }
}

function refusalMessage(error: Readonly<Record<string, unknown>>): string {
  const details = Array.isArray(error.details) ? error.details.map(textOf).join('; ') : '';
  return details || textOf(error.detail) || textOf(error.message) || textOf(error.title) || 'without a reason';
}
