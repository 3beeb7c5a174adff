import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, changeRules } from './testing/x-client.ts';
import { startXSimulator, type XSimulator } from './x-simulator.ts';

const RULES = '/2/tweets/search/stream/rules';
const TYPE = 'https://api.twitter.com/2/problems';
let x: XSimulator;

beforeAll(async () => {
  x = await startXSimulator({ maxRules: 4, limits: { ruleChanges: 1_000 } });
});
afterAll(() => x.close());
beforeEach(async () => {
  const ids = x.rules.map(({ id }) => id);
  if (ids.length > 0) await changeRules(x.url, { delete: { ids } });
});

describe('rules', () => {
  it('are none at first, then those that were added', async () => {
    const none = await ask(x.url, RULES);
    expect([none.status, none.body]).toEqual([200, { meta: { sent: expect.any(String), result_count: 0 } }]);

    const rules = [{ value: 'tram has:links', tag: 'trams' }, { value: 'depot' }];
    const added = await changeRules(x.url, { add: rules });
    expect(added.status).toBe(201);
    expect(added.body).toEqual({
      data: rules.map((rule) => ({ ...rule, id: expect.stringMatching(/^\d{18,19}$/) })),
      meta: { sent: expect.any(String), summary: { created: 2, not_created: 0, valid: 2, invalid: 0 } },
    });

    const listed = await ask(x.url, RULES);
    expect(listed.body).toEqual({ data: added.body.data, meta: { sent: expect.any(String), result_count: 2 } });
    const [first] = added.body.data;
    expect((await ask(x.url, `${RULES}?ids=${first.id}`)).body.data).toEqual([first]);
  });

  it('are validated and left as they are by a dry run', async () => {
    const added = await changeRules(x.url, { add: [{ value: 'tram' }, { value: 'tram near:here' }] }, '?dry_run=true');
    expect([added.status, added.body.meta.summary]).toEqual([
      201,
      { created: 1, not_created: 1, valid: 1, invalid: 1 },
    ]);
    expect(x.rules).toEqual([]);
    x.addRules([{ value: 'tram' }]);
    const deleted = await changeRules(x.url, { delete: { values: ['tram'] } }, '?dry_run=true');
    expect(deleted.body.meta.summary).toEqual({ deleted: 1, not_deleted: 0 });
    expect(x.rules).toHaveLength(1);
  });

  it('that are invalid or there already are refused one by one', async () => {
    const longest = 'a'.repeat(1_024);
    const values = ['tram', 'near:here', 'tram', longest, `${longest}a`];
    const { status, body } = await changeRules(x.url, { add: values.map((value) => ({ value })) });
    expect(status).toBe(201);
    expect(body.data.map(({ value }: { value: string }) => value)).toEqual(['tram', longest]);
    expect(body.meta.summary).toEqual({ created: 2, not_created: 3, valid: 2, invalid: 3 });
    expect(body.errors).toEqual([
      {
        value: 'near:here',
        details: ["Reference to invalid operator 'near'. Operator is not available (at position 1)"],
        title: 'UnprocessableEntity',
        type: `${TYPE}/invalid-rules`,
      },
      { value: 'tram', id: body.data[0].id, title: 'DuplicateRule', type: `${TYPE}/duplicate-rules` },
      {
        value: `${longest}a`,
        details: ['Rule exceeds the maximum allowed length of 1024 characters: it has 1025'],
        title: 'UnprocessableEntity',
        type: `${TYPE}/invalid-rules`,
      },
    ]);
    const again = await changeRules(x.url, { add: [{ value: 'tram', tag: 'another' }] });
    expect([again.status, again.body.data]).toEqual([200, undefined]);
    expect(again.body.meta.summary).toEqual({ created: 0, not_created: 1, valid: 0, invalid: 1 });
  });

  it('can be no more than allowed', async () => {
    const { body } = await changeRules(x.url, { add: ['a', 'b', 'c', 'd', 'e'].map((value) => ({ value })) });
    expect(body.meta.summary.created).toBe(4);
    expect(body.errors).toMatchObject([{ value: 'e', type: `${TYPE}/rule-cap` }]);
  });

  it('are deleted by id or value; one that is not there is an error', async () => {
    x.addRules([{ value: 'tram' }, { value: 'depot' }, { value: 'ferry' }]);
    const byId = await changeRules(x.url, { delete: { ids: [x.rules[0]?.id, '12'] } });
    expect([byId.status, byId.body.meta.summary]).toEqual([200, { deleted: 1, not_deleted: 1 }]);
    expect(byId.body.errors).toEqual([
      {
        errors: [{ parameters: { ids: ['12'] }, message: 'Rule does not exist' }],
        title: 'Invalid Request',
        detail: 'One or more parameters to your request was invalid.',
        type: `${TYPE}/invalid-request`,
      },
    ]);
    const byValue = await changeRules(x.url, { delete: { values: ['ferry'] } });
    expect(byValue.body).toEqual({
      meta: { sent: expect.any(String), summary: { deleted: 1, not_deleted: 0 } },
    });
    expect(x.rules.map(({ value }) => value)).toEqual(['depot']);
  });

  it.each([
    ['nothing', {}],
    ['both', { add: [{ value: 'a' }], delete: { ids: ['1'] } }],
    ['no list', { add: { value: 'a' } }],
    ['an empty list', { add: [] }],
    ['a rule without a value', { add: [{ tag: 'a' }] }],
    ['ids and values', { delete: { ids: ['1'], values: ['a'] } }],
    ['something else', { add: [{ value: 'a' }], replace: true }],
    ['a text', 'add'],
  ])('are not changed by a body with %s', async (_, change) => {
    const { status, body } = await changeRules(x.url, change);
    expect([status, body.title, body.type]).toEqual([400, 'Invalid Request', `${TYPE}/invalid-request`]);
    expect(x.rules).toEqual([]);
  });

  it('are not changed by a body that is no JSON, nor with parameters that there are not', async () => {
    const broken = await ask(x.url, RULES, {
      method: 'POST',
      body: '{',
      headers: { authorization: 'Bearer newsroom' },
    });
    expect(broken.status).toBe(400);
    expect((await changeRules(x.url, { add: [{ value: 'a' }] }, '?dry=true')).status).toBe(400);
    expect((await changeRules(x.url, { add: [{ value: 'a' }] }, '?dry_run=yes')).status).toBe(400);
    expect(x.rules).toEqual([]);
  });
});
