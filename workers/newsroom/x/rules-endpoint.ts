// GET and POST /2/tweets/search/stream/rules: lists, adds and deletes rules.
import { findUnknown } from './fields.ts';
import { type InvalidParameter, invalidRequest, type Problem } from './problems.ts';
import type { RuleBook } from './rule-book.ts';

const sent = (now: number): string => new Date(now).toISOString();

/** Answers with the rules there are, or those of the ids asked for. */
export function answerRules(parameters: URLSearchParams, book: RuleBook, now: number): Problem {
  const invalid: InvalidParameter[] = [];
  findUnknown(parameters, ['ids', 'max_results', 'pagination_token'], invalid);
  if (invalid.length > 0) return invalidRequest(invalid);
  const ids = parameters.get('ids')?.split(',');
  const rules = book.all.filter(({ id }) => !ids || ids.includes(id));
  const meta = { sent: sent(now), result_count: rules.length };
  // As everywhere in the API, a list without anything in it is not there.
  return { status: 200, body: rules.length > 0 ? { data: rules, meta } : { meta } };
}

/** Changes the rules, or with `dry_run=true` says what would come of it: 201 when rules were added, else 200. */
export function answerRuleChange(parameters: URLSearchParams, body: string, book: RuleBook, now: number): Problem {
  const invalid: InvalidParameter[] = [];
  findUnknown(parameters, ['dry_run', 'delete_all'], invalid);
  const dryRun = parameters.get('dry_run') ?? 'false';
  if (dryRun !== 'true' && dryRun !== 'false') {
    const message = `The \`dry_run\` query parameter value [${dryRun}] is not a valid boolean`;
    invalid.push({ name: 'dry_run', value: dryRun, message });
  }
  const change = readChange(body);
  if (typeof change === 'string') invalid.push({ name: 'rules', value: '', message: change });
  if (invalid.length > 0 || typeof change === 'string') return invalidRequest(invalid);
  const result =
    'add' in change
      ? book.add(change.add, dryRun === 'true')
      : book.delete(change.key, change.wanted, dryRun === 'true');
  return {
    status: result.data.length > 0 ? 201 : 200,
    body: {
      ...(result.data.length > 0 ? { data: result.data } : {}),
      meta: { sent: sent(now), summary: result.summary },
      ...(result.errors.length > 0 ? { errors: result.errors } : {}),
    },
  };
}

type Change =
  | { readonly add: readonly { readonly value: string; readonly tag?: string }[] }
  | { readonly key: 'id' | 'value'; readonly wanted: readonly string[] };

/** @returns what to change, or what is wrong with the body */
function readChange(body: string): Change | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return 'The request body is not valid JSON';
  }
  if (!isRecord(parsed)) return 'The request body must be an object';
  const { add, delete: deleted, ...rest } = parsed;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined)
    return `$.${unknown}: is not defined in the schema and the schema does not allow additional properties`;
  if ((add === undefined) === (deleted === undefined)) return 'The request body must have either `add` or `delete`';
  if (add !== undefined) return readAdded(add);
  const { ids, values } = isRecord(deleted) ? deleted : {};
  if (isTexts(ids) && values === undefined) return { key: 'id', wanted: ids };
  if (isTexts(values) && ids === undefined) return { key: 'value', wanted: values };
  return '$.delete: must have either `ids` or `values`, a list of strings that is not empty';
}

function readAdded(add: unknown): Change | string {
  if (!Array.isArray(add) || add.length === 0) return '$.add: must be a list that is not empty';
  const rules: { value: string; tag?: string }[] = [];
  for (const [index, rule] of add.entries()) {
    const { value, tag } = isRecord(rule) ? rule : {};
    if (typeof value !== 'string' || value === '') return `$.add[${index}].value: is missing but it is required`;
    if (tag !== undefined && typeof tag !== 'string') return `$.add[${index}].tag: must be a string`;
    rules.push({ value, ...(tag === undefined ? {} : { tag }) });
  }
  return { add: rules };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string');
