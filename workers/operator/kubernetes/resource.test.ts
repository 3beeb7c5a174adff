import { describe, expect, it } from 'vitest';
import { keyOf, nameOf } from './object.ts';
import { apiVersionOf, defineResource, pathOf, qualifiedName } from './resource.ts';

const DEPLOYMENTS = defineResource({ group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment' });
const SECRETS = defineResource({ group: '', version: 'v1', plural: 'secrets', kind: 'Secret' });
const CRDS = defineResource({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
});

describe('pathOf', () => {
  it.each([
    [pathOf(DEPLOYMENTS, { namespace: 'newsjet', name: 'a' }), '/apis/apps/v1/namespaces/newsjet/deployments/a'],
    [
      pathOf(DEPLOYMENTS, { namespace: 'newsjet', name: 'a' }, 'scale'),
      '/apis/apps/v1/namespaces/newsjet/deployments/a/scale',
    ],
    [pathOf(DEPLOYMENTS, { namespace: 'newsjet' }), '/apis/apps/v1/namespaces/newsjet/deployments'],
    [pathOf(DEPLOYMENTS, {}), '/apis/apps/v1/deployments'],
    [pathOf(SECRETS, { namespace: 'newsjet', name: 'ca' }), '/api/v1/namespaces/newsjet/secrets/ca'],
    [
      pathOf(CRDS, { name: 'workerscalers.newsjet.io' }),
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/workerscalers.newsjet.io',
    ],
    [pathOf(SECRETS, { namespace: '../x', name: 'a/b?c' }), '/api/v1/namespaces/..%2Fx/secrets/a%2Fb%3Fc'],
  ])('%s', (actual, expected) => {
    expect(actual).toBe(expected);
  });
});

it('names kinds as manifests and RBAC do', () => {
  expect([apiVersionOf(DEPLOYMENTS), apiVersionOf(SECRETS)]).toEqual(['apps/v1', 'v1']);
  expect([qualifiedName(DEPLOYMENTS, 'scale'), qualifiedName(SECRETS)]).toEqual(['deployments.apps/scale', 'secrets']);
});

it.each([{ namespace: 'newsjet', name: 'a' }, { name: 'workerscalers.newsjet.io' }])(
  'a key reads back as the name: %j',
  (name) => {
    expect(nameOf(keyOf(name))).toEqual(name);
  },
);
