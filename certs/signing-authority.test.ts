// Authorities as their Secrets have them: what can sign, who trusts what it signs, and why the others can't.
import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type IssuedCertificate, issueAuthority } from './authority.ts';
import { readAuthority, type SigningAuthority } from './signing-authority.ts';
import { type OwnAuthority, ownAuthority } from './testing/own-authority.ts';

const NOW = new Date();
let ours: IssuedCertificate;
let root: OwnAuthority;
let between: OwnAuthority;

beforeAll(async () => {
  ours = await issueAuthority();
  root = await ownAuthority({ key: 'rsa' });
  between = await ownAuthority({ name: 'CN=Issuing CA,O=Example', issuer: root });
});

/** A Secret's data, but for what is trusted. */
const tls = ({ certificate, privateKey }: IssuedCertificate): Record<string, string> => ({
  'tls.crt': certificate,
  'tls.key': privateKey,
});

function read(data: Readonly<Record<string, string>>): SigningAuthority {
  const authority = readAuthority(data, NOW);
  if (typeof authority === 'string') throw new Error(`it can't sign: ${authority}`);
  return authority;
}

/** Subjects of the certificates in a text. */
const subjects = (pem: string): string[] =>
  (pem.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? []).map((text) =>
    new X509Certificate(text).subject.replaceAll('\n', ','),
  );

const ROOT = 'CN=Our Root,O=Example & Sons,C=FR';
const BETWEEN = 'CN=Issuing CA,O=Example';

describe('readAuthority', () => {
  it('takes one that signed itself for all that is trusted, and leaves it out of what is presented', () => {
    for (const data of [tls(root), { ...tls(root), 'ca.crt': root.certificate }, { ...tls(root), 'ca.crt': ' \n' }]) {
      expect(read(data)).toEqual({
        certificate: root.certificate,
        privateKey: root.privateKey,
        chain: '',
        trust: root.certificate,
      });
    }
  });

  it.each([
    ['the root in ca.crt', () => ({ ...tls(between), 'ca.crt': root.certificate }), [ROOT]],
    [
      'the whole chain in ca.crt',
      () => ({ ...tls(between), 'ca.crt': between.certificate + root.certificate }),
      [BETWEEN, ROOT],
    ],
    [
      'the whole chain in tls.crt',
      () => ({ ...tls(between), 'tls.crt': between.certificate + root.certificate }),
      [BETWEEN, ROOT],
    ],
    [
      'text around the certificates',
      () => ({ ...tls(between), 'ca.crt': `# the root\n${root.certificate}# its end\n` }),
      [ROOT],
    ],
  ])('presents what is between, with %s', (_, data, trusted) => {
    const authority = read(data());
    expect(subjects(authority.certificate)).toEqual([BETWEEN]);
    expect(subjects(authority.chain)).toEqual([BETWEEN]);
    expect(subjects(authority.trust)).toEqual(trusted);
    expect(authority.privateKey).toBe(between.privateKey);
  });

  it.each([
    ['no key', async () => ({ 'tls.crt': ours.certificate }), 'it has no tls.key'],
    ['an empty key', async () => ({ ...tls(ours), 'tls.key': ' \n' }), 'it has no tls.key'],
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
    [
      'no way to a root',
      async () => tls(between),
      'tls.crt (CN=Issuing CA, O=Example, issued by CN=Our Root, O=Example & Sons, C=FR) does not lead to a root in ca.crt',
    ],
    [
      'a root that is not its own',
      async () => ({ ...tls(between), 'ca.crt': ours.certificate }),
      'tls.crt (CN=Issuing CA, O=Example, issued by CN=Our Root, O=Example & Sons, C=FR) does not lead to a root in ca.crt',
    ],
    [
      'a root of the same name',
      async () => ({ ...tls(between), 'ca.crt': (await ownAuthority()).certificate }),
      'tls.crt (CN=Issuing CA, O=Example, issued by CN=Our Root, O=Example & Sons, C=FR) does not lead to a root in ca.crt',
    ],
  ])('says why it can not sign with %s, and none of it', async (_, data, fault) => {
    const content: Readonly<Record<string, string>> = await data();
    const said = readAuthority(content, NOW);
    expect(said).toBe(fault);
    for (const value of Object.values(content)) {
      for (const line of value.split('\n').filter(({ length }) => length > 20)) expect(said).not.toContain(line);
    }
  });
});
