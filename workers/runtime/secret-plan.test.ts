import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EVERY_SOURCE, find, manifestsOf } from '../../cdk8s/testing/manifests.ts';
import { parseSecretPlan, readSecretPlan } from './secret-plan.ts';
import { PLAN } from './testing/secret-plan.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'newsjet-plan-'));
});
afterAll(() => rm(directory, { recursive: true }));

function problemsOf(value: unknown): string[] {
  const problems: string[] = [];
  const plan = parseSecretPlan(JSON.stringify(value), problems);
  expect(plan === undefined).toBe(problems.length > 0);
  return problems;
}

const [nats, , client] = PLAN.certificates;

it.each([
  ['everything', PLAN],
  ['credentials alone, where somebody else issues certificates', { certificates: [], credentials: PLAN.credentials }],
  ['nothing', { certificates: [], credentials: [] }],
])('takes a plan of %s', (_, plan) => {
  expect(problemsOf(plan)).toEqual([]);
  expect(parseSecretPlan(JSON.stringify(plan), [])).toEqual(plan);
});

it.each(['own', 'cert-manager'] as const)('takes the plan of the manifests, certificates: %s', (certificates) => {
  const { data } = find(manifestsOf(EVERY_SOURCE, { certificates }), 'ConfigMap', 'certs-plan');
  const problems: string[] = [];
  expect(parseSecretPlan(data['secrets.json'], problems)).toBeDefined();
  expect(problems).toEqual([]);
});

it.each([
  ['a list', [], ['/ must be object']],
  ['nothing', {}, ["/ must have required property 'certificates'", "/ must have required property 'credentials'"]],
  ['more than is known', { ...PLAN, more: 1 }, ['/ must NOT have additional properties: more']],
  [
    'a name that can not be',
    { ...PLAN, authority: { secret: 'Newsjet CA', commonName: 'x' } },
    ['/authority/secret must match pattern "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"'],
  ],
  [
    'an unknown usage',
    { ...PLAN, certificates: [{ ...client, usages: ['client auth', 'signing'] }] },
    ['/certificates/0/usages/1 must be equal to one of the allowed values'],
  ],
  ['no authority', { ...PLAN, authority: undefined }, ['there are certificates, and no authority to sign them']],
  [
    'a client with names',
    { ...PLAN, certificates: [{ ...client, names: ['a'] }] },
    ['/certificates/0/names must not be given to what is no server'],
  ],
  [
    'a server without names that is no client',
    { ...PLAN, certificates: [{ ...nats, names: [], usages: ['server auth'] }] },
    [
      '/certificates/0/usages must hold client auth: servers connect to each other',
      '/certificates/0/names must be given to what is a server',
    ],
  ],
  ['a Secret twice', { ...PLAN, certificates: [client, client] }, ['the Secret news-creator-tls is planned twice']],
])('refuses a plan with %s', (_, plan, problems) => {
  expect(problemsOf(plan)).toEqual(problems);
});

it('names the file that it can not use', async () => {
  const file = join(directory, 'secrets.json');
  await expect(readSecretPlan(file)).rejects.toThrow(`PLAN names ${JSON.stringify(file)}, which can't be read`);
  await writeFile(file, '{"certificates": [');
  await expect(readSecretPlan(file)).rejects.toThrow(/which is no plan of Secrets: not JSON: /);
  await writeFile(file, JSON.stringify(PLAN));
  expect(await readSecretPlan(file)).toEqual(PLAN);
});
