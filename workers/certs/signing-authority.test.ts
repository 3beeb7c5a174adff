// Authorities that users bring, at work and refused.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type IssuedCertificate, issueAuthority } from '../../certs/authority.ts';
import { ApiServer } from './testing/api-server.ts';
import { shakeHands } from './testing/handshake.ts';
import { type OwnAuthority, ownAuthority } from './testing/own-authority.ts';
import { failureAt, runAt, tls, warnings } from './testing/runs.ts';

let server: ApiServer;
let ours: IssuedCertificate;

beforeAll(async () => {
  server = await ApiServer.start();
  ours = await issueAuthority();
});
beforeEach(() => server.reset());
afterAll(() => server.stop());

describe('an authority that was brought', () => {
  async function expectTrust(trust: string): Promise<void> {
    const [nats, client] = [server.data('nats-server-tls'), server.data('news-creator-tls')];
    expect(await shakeHands(nats, client)).toBe('news-creator');
    expect(nats['ca.crt']).toBe(trust);
    // Those who trust the root alone, too.
    expect(await shakeHands({ ...nats, 'ca.crt': trust }, { ...client, 'ca.crt': trust })).toBe('news-creator');
  }

  it.each([
    ['rsa', 'pkcs8'],
    ['rsa', 'pkcs1'],
    ['p384', 'sec1'],
  ] as const)('signs with its own key, %s in %s, and is trusted without ca.crt', async (key, form) => {
    const own = await ownAuthority({ key, form });
    server.put('newsjet-ca', tls(own));
    expect(warnings(await runAt(server))).toEqual([]);
    await expectTrust(own.certificate);
    expect(server.created).not.toContain('newsjet-ca');
    server.calls.length = 0;
    expect(warnings(await runAt(server))).toEqual([]);
    expect(server.created).toEqual([]);
  });

  describe('by another', () => {
    let root: OwnAuthority;
    let between: OwnAuthority;
    beforeAll(async () => {
      root = await ownAuthority({ key: 'rsa' });
      between = await ownAuthority({ name: 'CN=Issuing CA,O=Example', issuer: root });
    });

    it.each([
      ['the root in ca.crt', () => ({ ...tls(between), 'ca.crt': root.certificate })],
      ['the whole chain in ca.crt', () => ({ ...tls(between), 'ca.crt': between.certificate + root.certificate })],
      ['the whole chain in tls.crt', () => ({ ...tls(between), 'tls.crt': between.certificate + root.certificate })],
    ])('is trusted by way of %s', async (_, data) => {
      server.put('newsjet-ca', data());
      expect(warnings(await runAt(server))).toEqual([]);
      const [nats, client] = [server.data('nats-server-tls'), server.data('news-creator-tls')];
      expect(await shakeHands(nats, client)).toBe('news-creator');
      const rootOnly = { 'ca.crt': root.certificate };
      expect(await shakeHands({ ...nats, ...rootOnly }, { ...client, ...rootOnly })).toBe('news-creator');
      expect(warnings(await runAt(server))).toEqual([]);
    });

    it('is refused where nothing leads to a root', async () => {
      server.put('newsjet-ca', tls(between));
      expect(await failureAt(server)).toMatch(
        /newsjet-ca can't sign certificates: tls\.crt \(.*CN=Issuing CA.*issued by .*CN=Our Root.*\) does not lead to a root in ca\.crt/,
      );
      server.put('newsjet-ca', { ...tls(between), 'ca.crt': ours.certificate });
      expect(await failureAt(server)).toContain('does not lead to a root in ca.crt');
    });
  });

  it.each([
    ['no key', async () => ({ 'tls.crt': ours.certificate }), 'it has no tls.key'],
    ['nothing', async () => ({}), 'it has no tls.crt and no tls.key'],
    ['no certificate', async () => ({ ...tls(ours), 'tls.crt': 'x' }), 'tls.crt is not a certificate in PEM'],
    [
      'a broken one',
      async () => tls({ ...ours, certificate: ours.certificate.replace('\nMII', '\nAAA') }),
      'tls.crt is not a certificate in PEM',
    ],
    [
      'a broken key',
      async () => ({ ...tls(ours), 'tls.key': 'x' }),
      'tls.key is not an unencrypted private key in PEM',
    ],
    [
      "another's key",
      async () => ({ ...tls(ours), 'tls.key': (await issueAuthority()).privateKey }),
      'tls.key is not the key of tls.crt',
    ],
    [
      'a leaf',
      async () => tls(await ownAuthority({ mayIssue: false })),
      'tls.crt is not the certificate of an authority',
    ],
    [
      'the past',
      async () => tls(await ownAuthority({ notAfter: new Date('2026-01-01T00:00:00Z') })),
      'tls.crt expired on 2026-01-01T00:00:00.000Z',
    ],
    [
      'the future',
      async () =>
        tls(
          await issueAuthority({
            notBefore: new Date('2090-01-01T00:00:00Z'),
            notAfter: new Date('2091-01-01T00:00:00Z'),
          }),
        ),
      'tls.crt is not valid before 2090-01-01T00:00:00.000Z',
    ],
    ['nonsense to trust', async () => ({ ...tls(ours), 'ca.crt': 'x' }), 'ca.crt is not a certificate in PEM'],
    ['a key that signs nothing here', async () => tls(await ownAuthority({ key: 'ed25519' })), 'ed25519'],
  ])('is refused, and what to do is said, when it holds %s', async (_, data, fault) => {
    const content = await data();
    server.put('newsjet-ca', content);
    const message = await failureAt(server);
    expect(message).toMatch(/^the Secret newsjet-ca can't sign certificates/);
    expect(message).toContain(fault);
    if (fault !== 'ed25519') expect(message).toMatch(/Replace it by .* or delete it to have one made$/);
    for (const value of Object.values<string>(content)) {
      for (const line of value.split('\n').filter(({ length }) => length > 20)) expect(message).not.toContain(line);
    }
    expect(server.created).toEqual([]);
  });
});
