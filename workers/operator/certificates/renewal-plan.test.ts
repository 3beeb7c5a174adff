import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { issueAuthority, issueClientCertificate } from '../../../certs/authority.ts';
import { joinBundles } from './bundle.ts';
import { AUTHORITY, CLIENT, DATABASE, DAY_MS, HOUR_MS, PLAN, SERVER, Vault } from './testing/vault.ts';

let vault: Vault;

beforeEach(async () => {
  vault = await Vault.filled();
});

/** Whether the authority that signs now has signed a certificate. */
function isOfAuthority(secret: string): boolean {
  const certificate = (name: string): X509Certificate => new X509Certificate(vault.data(name)['tls.crt'] ?? '');
  return certificate(secret).verify(certificate(AUTHORITY).publicKey);
}

/** Goes on until the authority is at the beginning of a phase. */
async function enter(phase: 'introducing' | 'reissuing'): Promise<void> {
  vault.pass(2_500 * DAY_MS);
  await vault.step();
  if (phase === 'introducing') return;
  await vault.run();
  vault.pass(vault.settleMs);
  expect(vault.asked()).toEqual([`promote-authority ${AUTHORITY}`]);
  await vault.step();
}

describe('certificates', () => {
  it('are all made where there is nothing', async () => {
    const empty = new Vault();
    expect(empty.asked()).toEqual([`found-authority ${AUTHORITY} (missing)`]);
    await empty.step();
    expect(empty.asked()).toEqual(PLAN.certificates.map(({ secret }) => `issue ${secret} (missing)`));
    await empty.step();
    expect(empty.asked()).toEqual([]);
  });

  it('are left alone for two thirds of their life, and then renewed', async () => {
    vault.pass(60 * DAY_MS - HOUR_MS);
    expect(vault.asked()).toEqual([]);
    vault.pass(2 * HOUR_MS);
    const reason = 'less than a third of its life left';
    expect(vault.asked()).toEqual(PLAN.certificates.map(({ secret }) => `issue ${secret} (${reason})`));
    const before = vault.data(CLIENT)['tls.crt'];
    await vault.step();
    expect(vault.asked()).toEqual([]);
    expect(vault.data(CLIENT)['tls.crt']).not.toBe(before);
    expect(vault.data(DATABASE)['tls-combined.pem']).toBe(
      `${vault.data(DATABASE)['tls.crt']}${vault.data(DATABASE)['tls.key']}`,
    );
  });

  const CASES: readonly (readonly [string, (vault: Vault) => void, string])[] = [
    ['its Secret was deleted', ({ secrets }) => secrets.delete(CLIENT), 'missing'],
    ['a key of it is gone', (v) => v.alter(CLIENT, { 'ca.crt': undefined }), 'it has no ca.crt'],
    ['it can not be read', (v) => v.alter(CLIENT, { 'tls.crt': 'x' }), 'unreadable'],
    ['the key is another', (v) => v.alter(CLIENT, { 'tls.key': v.data(SERVER)['tls.key'] }), 'the key is not its own'],
    [
      'something else is trusted',
      (v) => v.alter(CLIENT, { 'ca.crt': v.data(SERVER)['tls.crt'] }),
      'what it trusts has changed',
    ],
  ];
  it.each(CASES)('are issued anew when %s', async (_, happen, reason) => {
    happen(vault);
    expect(vault.asked()).toEqual([`issue ${CLIENT} (${reason})`]);
    await vault.step();
    expect(vault.asked()).toEqual([]);
  });

  it('are issued anew when they have expired, or lack a name of the plan', async () => {
    const certificates = PLAN.certificates.map((planned) =>
      planned.secret === SERVER ? { ...planned, names: [...planned.names, 'nats-3'] } : planned,
    );
    vault.plan = { ...PLAN, certificates };
    expect(vault.asked()).toEqual([`issue ${SERVER} (the alternative names have changed)`]);
    await vault.step();
    expect(vault.asked()).toEqual([]);
    vault.pass(91 * DAY_MS);
    expect(vault.asked()).toEqual(PLAN.certificates.map(({ secret }) => `issue ${secret} (expired)`));
  });

  it('that others create are renewed, and not missed', async () => {
    vault.plan = { ...PLAN, createdElsewhere: new Set([CLIENT]) };
    vault.pass(61 * DAY_MS);
    expect(vault.asked()).toContain(`issue ${CLIENT} (less than a third of its life left)`);
    await vault.run();
    vault.secrets.delete(CLIENT);
    expect(vault.asked()).toEqual([]);
  });

  it('are warned about, and left, where the user has brought them', async () => {
    const authority = {
      certificate: vault.data(AUTHORITY)['tls.crt'] ?? '',
      privateKey: vault.data(AUTHORITY)['tls.key'] ?? '',
    };
    const period = { notBefore: vault.now, notAfter: new Date(vault.now.getTime() + DAY_MS) };
    const own = await issueClientCertificate({ authority, identity: 'news-creator', ...period });
    vault.bring(CLIENT, own, authority.certificate);
    expect(vault.asked()).toEqual([]);
    vault.pass(DAY_MS - HOUR_MS);
    expect(vault.asked()).toEqual([
      `warn ${CLIENT}: less than a third of its life left; it was not made here, so it is left as it is`,
    ]);
    // Signed by whom they like, as long as ours is trusted, too.
    const foreign = await issueAuthority();
    vault.bring(
      CLIENT,
      await issueClientCertificate({ authority: foreign, identity: 'news-creator' }),
      foreign.certificate,
    );
    expect(vault.asked()).toEqual([
      `warn ${CLIENT}: what it trusts has changed; it was not made here, so it is left as it is`,
    ]);
    vault.alter(CLIENT, { 'ca.crt': foreign.certificate + authority.certificate });
    expect(vault.asked()).toEqual([]);
  });
});

describe('the authority', () => {
  it('is renewed at two thirds of its life: known first, then signing, then alone', async () => {
    vault.pass(2_433 * DAY_MS);
    await vault.run();
    expect(vault.data(AUTHORITY)['next.crt']).toBeUndefined();
    const first = vault.data(AUTHORITY)['tls.crt'] as string;
    vault.pass(2 * DAY_MS);
    expect(vault.asked()).toEqual([`introduce-authority ${AUTHORITY} (less than a third of its life left)`]);
    await vault.step();
    const second = vault.data(AUTHORITY)['next.crt'] as string;
    expect(vault.asked()).toEqual(
      PLAN.certificates.map(({ secret }) => `issue ${secret} (what it trusts has changed)`),
    );
    await vault.step();
    for (const { secret } of PLAN.certificates) {
      expect(vault.data(secret)['ca.crt']).toBe(joinBundles(first, second));
      expect(isOfAuthority(secret)).toBe(true);
    }
    expect(vault.asked()).toEqual(['mark-settled true']);
    await vault.step();
    vault.pass(vault.settleMs - 1_000);
    expect(vault.asked()).toEqual([]);
    vault.pass(1_000);
    expect(vault.asked()).toEqual([`promote-authority ${AUTHORITY}`]);
    await vault.step();
    expect(vault.data(AUTHORITY)['tls.crt']).toBe(second);
    expect(vault.data(AUTHORITY)['next.key']).toBeUndefined();
    await vault.run();
    for (const { secret } of PLAN.certificates) {
      expect(vault.data(secret)['ca.crt']).toBe(joinBundles(second, first));
      expect(isOfAuthority(secret)).toBe(true);
    }
    vault.pass(vault.settleMs);
    expect(vault.asked()).toEqual([`retire-authority ${AUTHORITY}`]);
    await vault.run();
    for (const { secret } of PLAN.certificates) expect(vault.data(secret)['ca.crt']).toBe(second);
    expect(Object.keys(vault.data(AUTHORITY)).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
    expect(vault.asked()).toEqual([]);
  });

  it('waits for servers that have not taken up their certificate, and begins to wait anew', async () => {
    await enter('introducing');
    await vault.step();
    vault.serversSettled = false;
    vault.pass(10 * vault.settleMs);
    expect(vault.asked()).toEqual([]);
    vault.serversSettled = true;
    await vault.run();
    vault.pass(vault.settleMs / 2);
    vault.serversSettled = false;
    expect(vault.asked()).toEqual(['mark-settled false']);
    await vault.step();
    vault.serversSettled = true;
    expect(vault.asked()).toEqual(['mark-settled true']);
    await vault.step();
    vault.pass(vault.settleMs - 1);
    expect(vault.asked()).toEqual([]);
  });

  it('is not renewed, but warned about, where the user has brought the certificate of the servers', async () => {
    vault.pass(2_500 * DAY_MS);
    const { 'tls.crt': certificate = '', 'tls.key': privateKey = '', 'ca.crt': trust = '' } = vault.data(SERVER);
    vault.bring(SERVER, { certificate, privateKey }, trust);
    expect(vault.asked()[0]).toMatch(
      /^warn newsjet-ca: .*can't be renewed beside a nats-server-tls that was not made here/,
    );
  });

  it('is not promoted while a certificate of the user does not trust it', async () => {
    await enter('introducing');
    await vault.run();
    const { 'tls.crt': certificate = '', 'tls.key': privateKey = '' } = vault.data(CLIENT);
    vault.bring(CLIENT, { certificate, privateKey }, vault.data(AUTHORITY)['tls.crt'] ?? '');
    await vault.run();
    vault.pass(10 * vault.settleMs);
    expect(vault.asked()).toEqual([expect.stringMatching(`^warn ${CLIENT}: what it trusts has changed`)]);
  });

  it('signs for the servers first, and for others once those present it', async () => {
    await enter('reissuing');
    expect(vault.asked()).toEqual([`issue ${SERVER} (signed by another authority)`]);
    await vault.step();
    vault.serversSettled = false;
    expect(vault.asked()).toEqual([]);
    vault.serversSettled = true;
    expect(vault.asked()).toEqual([DATABASE, CLIENT].map((secret) => `issue ${secret} (signed by another authority)`));
    // Who has nothing to connect with has nothing to lose.
    vault.serversSettled = false;
    vault.secrets.delete(CLIENT);
    expect(vault.asked()).toEqual([`issue ${CLIENT} (missing)`]);
  });

  it('that was deleted is replaced, and what it had signed is trusted until all is replaced', async () => {
    const first = vault.data(AUTHORITY)['tls.crt'] as string;
    vault.secrets.delete(AUTHORITY);
    await vault.step();
    const second = vault.data(AUTHORITY)['tls.crt'] as string;
    expect(vault.asked()).toEqual([`issue ${SERVER} (signed by another authority)`]);
    await vault.run();
    expect(vault.data(CLIENT)['ca.crt']).toBe(joinBundles(second, first));
    vault.pass(vault.settleMs);
    await vault.run();
    expect(vault.data(CLIENT)['ca.crt']).toBe(second);
  });

  it('that has expired is replaced by one that trusts nothing else', async () => {
    vault.pass(3_651 * DAY_MS);
    expect(vault.asked()).toEqual([`found-authority ${AUTHORITY} (expired)`]);
    await vault.run();
    expect(vault.data(CLIENT)['ca.crt']).toBe(vault.data(AUTHORITY)['tls.crt']);
  });

  it('of the user is warned about and not renewed, but signs on; nothing that it signs outlives it', async () => {
    const notAfter = new Date(vault.now.getTime() + 30 * DAY_MS);
    const own = await issueAuthority({ commonName: 'Example Root', notBefore: vault.now, notAfter });
    vault.bring(AUTHORITY, own, own.certificate);
    await vault.run();
    expect(isOfAuthority(CLIENT)).toBe(true);
    expect(Date.parse(new X509Certificate(vault.data(CLIENT)['tls.crt'] ?? '').validTo)).toBe(notAfter.getTime());
    vault.pass(25 * DAY_MS);
    expect(vault.asked()).toEqual([
      expect.stringMatching(`^warn ${AUTHORITY}: less than a third of its life left; it ends on `),
    ]);
    vault.pass(6 * DAY_MS);
    expect(vault.asked()).toEqual([
      expect.stringMatching(`^warn ${AUTHORITY}: it can't sign certificates: tls.crt expired`),
    ]);
    // Theirs to overlap: both in ca.crt first, and another in tls.crt then.
    const next = await issueAuthority({ commonName: 'Example Root', notBefore: vault.now });
    vault.bring(AUTHORITY, next, joinBundles(next.certificate, own.certificate));
    await vault.run();
    expect(vault.data(CLIENT)['ca.crt']).toBe(joinBundles(next.certificate, own.certificate));
  });
});
