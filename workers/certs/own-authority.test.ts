// Authorities that users bring, at work and refused.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type IssuedCertificate, issueAuthority } from '../../certs/authority.ts';
import { shakeHands } from '../../certs/testing/handshake.ts';
import { type OwnAuthority, ownAuthority } from '../../certs/testing/own-authority.ts';
import { ApiServer } from './testing/api-server.ts';
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

    it('is trusted by way of its root, with what is between presented', async () => {
      server.put('newsjet-ca', { ...tls(between), 'ca.crt': root.certificate });
      expect(warnings(await runAt(server))).toEqual([]);
      await expectTrust(root.certificate);
      expect(warnings(await runAt(server))).toEqual([]);
    });

    it('is refused where nothing leads to a root', async () => {
      server.put('newsjet-ca', tls(between));
      expect(await failureAt(server)).toMatch(
        /newsjet-ca can't sign certificates: tls\.crt \(.*CN=Issuing CA.*issued by .*CN=Our Root.*\) does not lead to a root in ca\.crt/,
      );
    });
  });

  it.each([
    [
      'a broken key',
      async () => ({ ...tls(ours), 'tls.key': 'x' }),
      'tls.key is not an unencrypted private key in PEM',
    ],
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
