import { describe, expect, it } from 'vitest';
import { ONE_SOURCE, propsOf } from '../testing/manifests.ts';
import { certificateRenewal, systemAccess } from './certificate-renewal.ts';

describe('certificateRenewal', () => {
  it('restarts the database', () => {
    const { rules } = certificateRenewal(propsOf(ONE_SOURCE));
    expect(rules).toEqual([
      { apiGroups: ['apps'], resources: ['statefulsets'], verbs: ['patch'], resourceNames: ['mongodb'] },
    ]);
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
    expect(rules).toEqual([]);
  });

  it('knows only the Secret of the servers where cert-manager issues certificates', () => {
    expect(certificateRenewal(propsOf(ONE_SOURCE, { certificates: 'cert-manager' }))).toEqual({
      environment: { SERVER_CERTIFICATE: 'nats-server-tls' },
      mounts: [],
      rules: [],
    });
  });
});
