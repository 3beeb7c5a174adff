import { describe, expect, it } from 'vitest';
import { ONE_SOURCE, propsOf } from '../testing/manifests.ts';
import { certificateRenewal, systemAccess } from './certificate-renewal.ts';

describe('certificateRenewal', () => {
  it('changes the Secrets of the plan alone, and restarts the database', () => {
    const { rules } = certificateRenewal(propsOf(ONE_SOURCE));
    expect(rules).toEqual([
      {
        apiGroups: [''],
        resources: ['secrets'],
        verbs: ['update'],
        resourceNames: expect.arrayContaining([
          'newsjet-ca',
          'nats-server-tls',
          'mongodb-tls',
          'system-tls',
          'operator-tls',
        ]),
      },
      { apiGroups: ['apps'], resources: ['statefulsets'], verbs: ['patch'], resourceNames: ['mongodb'] },
    ]);
    const [{ resourceNames: secrets = [] } = {}] = rules;
    for (const name of ['mongodb-root', 'mongodb-app', 'x-token']) expect(secrets).not.toContain(name);
  });

  it('knows each server by its own name', () => {
    const { environment, mounts } = systemAccess(propsOf(`nats: { servers: 1 }\n${ONE_SOURCE}`));
    expect(environment).toMatchObject({ NATS_SERVERS: 'nats-0=nats-0.nats-headless:4222' });
    expect(mounts.map(({ volume }) => volume?.secret?.secretName)).toEqual(['system-tls']);
  });

  it('has the plan, and knows the database', () => {
    const { environment, mounts } = certificateRenewal(propsOf(ONE_SOURCE));
    expect(environment).toEqual({ PLAN: '/etc/newsjet/plan/secrets.json', DATABASE: 'mongodb' });
    expect(mounts.map(({ volume }) => volume?.configMap?.name)).toEqual(['certs-plan']);
  });

  it('leaves a database of the user’s own alone', () => {
    const { environment, rules } = certificateRenewal(propsOf(ONE_SOURCE, { mongodbUriSecret: 'atlas' }));
    expect(environment).not.toHaveProperty('DATABASE');
    expect(rules.flatMap(({ resources }) => resources)).not.toContain('statefulsets');
  });

  it('is nothing where cert-manager issues certificates', () => {
    expect(certificateRenewal(propsOf(ONE_SOURCE, { certificates: 'cert-manager' }))).toEqual({
      environment: {},
      mounts: [],
      rules: [],
    });
  });
});
