// Secrets as they become, at a real server that behaves like the API server.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type IssuedCertificate,
  issueAuthority,
  issueClientCertificate,
  issueServerCertificate,
} from '../../certs/authority.ts';
import { shakeHands } from '../../certs/testing/handshake.ts';
import { ownAuthority } from '../../certs/testing/own-authority.ts';
import { PLAN, PLANNED_SECRETS } from '../runtime/testing/secret-plan.ts';
import { ApiServer } from './testing/api-server.ts';
import { runAt, tls, warnings } from './testing/runs.ts';

const DAY_MS = 86_400_000;
let server: ApiServer;
let ours: IssuedCertificate;

beforeAll(async () => {
  server = await ApiServer.start();
  ours = await issueAuthority();
});
beforeEach(() => server.reset());
afterAll(() => server.stop());

describe('where everything is missing', () => {
  it('creates every Secret of the plan, the authority first', async () => {
    const { outcome, lines } = await runAt(server);
    expect(outcome).toEqual({ created: 6, kept: 0 });
    expect(server.calls).toEqual(PLANNED_SECRETS.flatMap((name) => [`GET ${name}`, `POST ${name}`]));
    for (const { metadata } of server.secrets.values()) {
      expect(metadata.labels).toEqual({
        'app.kubernetes.io/managed-by': 'newsjet',
        'app.kubernetes.io/part-of': 'newsjet',
      });
    }
    const kinds = [...server.secrets].map(([name, { type, data }]) => [name, type, Object.keys(data)]);
    const TLS = 'kubernetes.io/tls';
    expect(kinds).toEqual([
      ['newsjet-ca', TLS, ['ca.crt', 'tls.crt', 'tls.key']],
      ['nats-server-tls', TLS, ['ca.crt', 'tls.crt', 'tls.key']],
      ['mongodb-tls', TLS, ['ca.crt', 'tls.crt', 'tls.key', 'tls-combined.pem']],
      ['news-creator-tls', TLS, ['ca.crt', 'tls.crt', 'tls.key']],
      ['mongodb-root', 'Opaque', ['username', 'password', 'uri']],
      ['mongodb-app', 'Opaque', ['username', 'password', 'uri']],
    ]);
    expect(lines.map(({ secret, msg }) => [secret, msg])).toContainEqual(['mongodb-tls', 'created']);
  });

  it('issues certificates that trust each other, and nobody else', async () => {
    await runAt(server);
    const [nats, mongodb, client] = ['nats-server-tls', 'mongodb-tls', 'news-creator-tls'].map((name) =>
      server.data(name),
    );
    if (!nats || !mongodb || !client) throw new Error('not all there');
    expect(await shakeHands(nats, client, 'nats.newsjet.svc')).toBe('news-creator');
    expect(await shakeHands(mongodb, client, 'mongodb')).toBe('news-creator');
    expect(await shakeHands(nats, nats)).toBe('nats-server');
    expect(new X509Certificate(mongodb['tls.crt'] as string).subject).toBe('CN=mongodb-server');
    const combined = mongodb['tls-combined.pem'] as string;
    expect(combined).toBe(`${mongodb['tls.crt']}${mongodb['tls.key']}`);
    expect(await shakeHands({ ...mongodb, 'tls.crt': combined, 'tls.key': combined }, client)).toBe('news-creator');
    const stranger = await issueClientCertificate({ authority: ours, identity: 'news-creator' });
    await expect(shakeHands(nats, { ...client, ...tls(stranger) })).rejects.toThrow('refused');
    await expect(shakeHands(nats, { ...client, 'ca.crt': ours.certificate })).rejects.toThrow(/certificate/);
  });

  it('draws passwords that fit into addresses as they are', async () => {
    await runAt(server);
    const [root, app] = [server.data('mongodb-root'), server.data('mongodb-app')];
    expect(app.password).toMatch(/^[\w-]{43}$/);
    expect(app.password).not.toBe(root.password);
    expect(app).toEqual({
      username: 'newsjet',
      password: app.password,
      uri: `mongodb://newsjet:${app.password}@mongodb:27017/?authSource=newsjet`,
    });
  });
});

describe('what is there', () => {
  it('stays: a second run creates nothing and finds nothing wrong', async () => {
    await runAt(server);
    const before = structuredClone([...server.secrets]);
    server.calls.length = 0;
    const second = await runAt(server);
    expect(second.outcome).toEqual({ created: 0, kept: 6 });
    expect(server.calls).toEqual(PLANNED_SECRETS.map((name) => `GET ${name}`));
    expect([...server.secrets]).toEqual(before);
    expect(warnings(second)).toEqual([]);
  });

  it('is used for what is missing', async () => {
    await runAt(server);
    for (const name of ['nats-server-tls', 'mongodb-app']) server.secrets.delete(name);
    server.calls.length = 0;
    const again = await runAt(server);
    expect(again.outcome).toEqual({ created: 2, kept: 4 });
    expect(server.created).toEqual(['nats-server-tls', 'mongodb-app']);
    expect(warnings(again)).toEqual([]);
    expect(await shakeHands(server.data('nats-server-tls'), server.data('news-creator-tls'))).toBe('news-creator');
  });

  const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);
  const natsSecret = async (options: object = {}): Promise<Record<string, string>> => {
    const names = PLAN.certificates[0]?.names ?? [];
    const issued = await issueServerCertificate({ authority: ours, names, ...options });
    return { 'ca.crt': ours.certificate, ...tls(issued) };
  };
  it.each([
    ['expired', () => natsSecret({ notBefore: inDays(-9), notAfter: inDays(-1) }), 'expired'],
    [
      'near its end',
      () => natsSecret({ notBefore: inDays(-9), notAfter: inDays(1) }),
      'less than a third of its life left',
    ],
    ['short of names', () => natsSecret({ names: ['localhost'] }), 'the alternative names have changed'],
    [
      'of another authority',
      async () => natsSecret({ authority: await issueAuthority() }),
      'signed by another authority',
    ],
    ['without what clients trust', async () => ({ ...(await natsSecret()), 'ca.crt': '' }), 'it has no ca.crt'],
    ['unreadable', async () => ({ ...(await natsSecret()), 'tls.crt': 'nonsense' }), 'unreadable'],
  ])('is kept with a warning when it is %s', async (_, data, fault) => {
    server.put('newsjet-ca', tls(ours));
    server.put('nats-server-tls', await data());
    const before = server.secrets.get('nats-server-tls');
    const result = await runAt(server);
    expect(warnings(result)).toEqual([
      expect.objectContaining({
        secret: 'nats-server-tls',
        fault,
        msg: 'kept as it is; delete the Secret nats-server-tls to have a new one made',
      }),
    ]);
    expect(server.created).not.toContain('nats-server-tls');
    expect(server.secrets.get('nats-server-tls')).toBe(before);
  });

  it('is kept with a warning when it lacks what pods mount', async () => {
    await runAt(server);
    const { 'tls-combined.pem': _, ...rest } = server.data('mongodb-tls');
    server.put('mongodb-tls', rest);
    server.put('mongodb-app', { username: 'newsjet', password: 'p' }, 'Opaque');
    expect(warnings(await runAt(server)).map(({ secret, fault }) => [secret, fault])).toEqual([
      ['mongodb-tls', 'it has no tls-combined.pem'],
      ['mongodb-app', 'it has no uri'],
    ]);
  });

  it('is warned of when it is an authority near its end', async () => {
    server.put('newsjet-ca', tls(await ownAuthority({ notAfter: inDays(60) })));
    const result = await runAt(server);
    expect(warnings(result).map(({ secret }) => secret)).toEqual(['newsjet-ca']);
    expect(result.outcome.created).toBe(5);
  });
});

describe('others at work at the same time', () => {
  it('the authority of whoever came first is used', async () => {
    server.beforeCreate = (name) => {
      if (name === 'newsjet-ca') server.put(name, tls(ours));
    };
    const { outcome, lines } = await runAt(server);
    expect(outcome).toEqual({ created: 5, kept: 1 });
    expect(server.calls.slice(0, 3)).toEqual(['GET newsjet-ca', 'POST newsjet-ca', 'GET newsjet-ca']);
    expect(lines[0]).toMatchObject({ secret: 'newsjet-ca', msg: 'the authority was created in the meantime' });
    expect(server.data('news-creator-tls')['ca.crt']).toBe(ours.certificate);
  });

  it('what they created stays', async () => {
    server.beforeCreate = (name) => {
      if (name === 'mongodb-app') server.put(name, { password: 'theirs' }, 'Opaque');
    };
    expect((await runAt(server)).outcome).toEqual({ created: 5, kept: 1 });
    expect(server.data('mongodb-app')).toEqual({ password: 'theirs' });
  });
});
