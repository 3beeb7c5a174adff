// Rules reconciled with the simulated API over real HTTP.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startXSimulator, type XSimulator } from '../newsroom/x/x-simulator.ts';
import { XApi } from './api.ts';
import { ApiError } from './problems.ts';
import { type AskApi, describeRefusal, isWanted, type RuleDefinition, reconcileRules } from './rules.ts';

let simulator: XSimulator;
let api: XApi;
beforeEach(async () => {
  simulator = await startXSimulator();
  api = new XApi({ baseUrl: simulator.url });
});
afterEach(async () => {
  await api.close();
  await simulator.close();
});

const ask: AskApi = (request) => api.json({ ...request, token: 'newsroom' }, new AbortController().signal);
const rule = (value: string, tag: string, line = 1): RuleDefinition => ({ value, tag, line });
const reconcile = (...rules: RuleDefinition[]) => reconcileRules(ask, 'x', rules);
const present = () => Object.fromEntries(simulator.rules.map(({ tag, value }) => [tag, value]));
const changes = () =>
  simulator.requests
    .filter(({ endpoint }) => endpoint === 'ruleChanges')
    .map(({ parameters, body }) => [parameters.dry_run === 'true' ? 'dry' : 'real', ...Object.keys(JSON.parse(body))]);

describe('reconciliation', () => {
  it('adds what is missing, after a dry run, and changes nothing the second time', async () => {
    const rules = [rule('nats', 'a'), rule('jetstream lang:fr', 'b')];
    expect(await reconcile(...rules)).toMatchObject({ added: 2, deleted: 0, refused: [] });
    expect(present()).toEqual({ 'newsjet.x.a': 'nats', 'newsjet.x.b': 'jetstream lang:fr' });
    expect(changes()).toEqual([
      ['dry', 'add'],
      ['real', 'add'],
    ]);
    const again = await reconcile(...rules);
    expect(again).toMatchObject({ added: 0, deleted: 0 });
    expect(again.active.map(({ id }) => id)).toEqual(simulator.rules.map(({ id }) => id));
    expect(changes()).toHaveLength(2);
  });

  it('deletes what is ours and stale, after a dry run, and leaves alone what is not ours', async () => {
    simulator.addRules([
      { value: 'stale', tag: 'newsjet.x.old' },
      { value: 'theirs', tag: 'theirs' },
      { value: 'neighbour', tag: 'newsjet.x2.old' },
      { value: 'untagged' },
    ]);
    expect(await reconcile(rule('nats', 'a'))).toMatchObject({ added: 1, deleted: 1 });
    expect(simulator.rules.map(({ value }) => value).sort()).toEqual(['nats', 'neighbour', 'theirs', 'untagged']);
    expect(changes().slice(0, 2)).toEqual([
      ['dry', 'delete'],
      ['real', 'delete'],
    ]);
  });

  it('replaces a rule whose value has changed, and one whose tag has', async () => {
    simulator.addRules([
      { value: 'old', tag: 'newsjet.x.a' },
      { value: 'same', tag: 'newsjet.x.b' },
    ]);
    expect(await reconcile(rule('new', 'a'), rule('same', 'c'))).toMatchObject({ added: 2, deleted: 2, refused: [] });
    expect(present()).toEqual({ 'newsjet.x.a': 'new', 'newsjet.x.c': 'same' });
  });

  it('reports a refused rule with the API’s words and its line, and adds the others', async () => {
    const outcome = await reconcile(rule('nats', 'a', 4), rule('colour:blue', 'b', 5), rule('x'.repeat(1_100), 'c', 6));
    expect(present()).toEqual({ 'newsjet.x.a': 'nats' });
    expect(outcome.active.map((each) => each.rule.tag)).toEqual(['a']);
    const [colour, long] = outcome.refused.map(describeRefusal);
    expect(colour).toBe(
      "rule b in line 5 is refused: Reference to invalid operator 'colour'. Operator is not available (at position 1)",
    );
    expect(long).toMatch(/^rule c in line 6 is refused: .*1024/);
  });

  it('keeps the old value of a rule whose new one is refused', async () => {
    simulator.addRules([{ value: 'old', tag: 'newsjet.x.a' }]);
    const outcome = await reconcile(rule('colour:blue', 'a'));
    expect(outcome.refused).toHaveLength(1);
    expect(present()).toEqual({ 'newsjet.x.a': 'old' });
  });

  it('takes a rule that another has added already for its own, too', async () => {
    simulator.addRules([{ value: 'nats', tag: 'theirs' }]);
    const outcome = await reconcile(rule('nats', 'a'));
    expect(outcome).toMatchObject({ refused: [] });
    expect(outcome.active.map(({ id }) => id)).toEqual([simulator.rules[0]?.id]);
    expect(present()).toEqual({ theirs: 'nats' });
    const matching = [{ id: simulator.rules[0]?.id ?? '', tag: 'theirs' }];
    expect(isWanted(matching, 'x', outcome)).toBe(true);
  });

  it('makes room before it adds', async () => {
    await simulator.close();
    simulator = await startXSimulator({ maxRules: 1 });
    api = new XApi({ baseUrl: simulator.url });
    simulator.addRules([{ value: 'stale', tag: 'newsjet.x.old' }]);
    expect(await reconcile(rule('nats', 'a'))).toMatchObject({ added: 1, deleted: 1, refused: [] });
    const { refused } = await reconcile(rule('nats', 'a'), rule('more', 'b', 9));
    expect(refused.map(describeRefusal)).toEqual([
      'rule b in line 9 is refused: Your request would exceed the maximum of 1 rules.',
    ]);
  });
});

it('fails when the API fails', async () => {
  simulator.failNext('ruleChanges', { status: 503 });
  await expect(reconcile(rule('nats', 'a'))).rejects.toBeInstanceOf(ApiError);
  expect(simulator.rules).toEqual([]);
});

it('a post is wanted when one of our rules asked for it, or nobody says which', async () => {
  const outcome = await reconcile(rule('nats', 'a'));
  const id = simulator.rules[0]?.id ?? '';
  expect(isWanted([{ id, tag: '' }], 'x', outcome)).toBe(true);
  expect(isWanted([{ id: '1', tag: 'newsjet.x.removed' }], 'x', outcome)).toBe(true);
  expect(isWanted([{ id: '1', tag: 'newsjet.x2.a' }], 'x', outcome)).toBe(false);
  expect(isWanted([], 'x', outcome)).toBe(true);
});
