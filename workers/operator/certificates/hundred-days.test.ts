// A hundred days in which certificates and authorities are renewed again and again: whoever connects at any time is let in,
// though servers and workers take up their files late, writes fail half-way, and servers are away.
import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { AUTHORITY, CLIENT, DAY_MS, HOUR_MS, SERVER, Vault } from './testing/vault.ts';

const STEP_MS = 10 * HOUR_MS;
/** How late files are taken up, at most, in steps; less than what is waited for between two phases. */
const LATENESS = 3;
const SETTLE_MS = 4 * STEP_MS;

interface Files {
  readonly certificate: string;
  readonly trust: string;
}

/** A server or worker that reads its files some time after they have changed. */
class Party {
  readonly name: string;
  readonly #secret: string;
  readonly #vault: Vault;
  #latest: Files;
  #lateFor = 0;
  files: Files;

  constructor(name: string, secret: string, vault: Vault) {
    this.name = name;
    this.#secret = secret;
    this.#vault = vault;
    this.files = this.#latest = this.#stored();
  }

  /** @param lateness steps until files that have just changed are read */
  step(lateness: number): void {
    const stored = this.#stored();
    if (stored.certificate !== this.#latest.certificate || stored.trust !== this.#latest.trust) {
      this.#latest = stored;
      this.#lateFor = Math.max(this.#lateFor, lateness);
    }
    if (this.#lateFor > 0) this.#lateFor--;
    else this.files = this.#latest;
  }

  get settled(): boolean {
    return this.files.certificate === this.#stored().certificate;
  }

  #stored(): Files {
    const { 'tls.crt': certificate = '', 'ca.crt': trust = '' } = this.#vault.data(this.#secret);
    return { certificate, trust };
  }
}

/** Why one party does not accept another's certificate; undefined when it does. */
function refusal(by: Party, of: Party, now: Date): string | undefined {
  const endsAtMs = endOf(of.files.certificate, by.files.trust);
  if (endsAtMs === undefined) return `${by.name} does not know who signed the certificate of ${of.name}`;
  return endsAtMs <= now.getTime() ? `the certificate of ${of.name}, or its authority's, has expired` : undefined;
}

const ends = new Map<string, number | undefined>();

/** When a certificate, or what signed it, ends; undefined where that is not trusted. */
function endOf(pem: string, trust: string): number | undefined {
  const key = pem + trust;
  if (!ends.has(key)) {
    const certificate = new X509Certificate(pem);
    const roots = trust.split(/(?<=-----END CERTIFICATE-----\n)/).map((root) => new X509Certificate(root));
    const signer = roots.find(({ publicKey }) => certificate.verify(publicKey));
    ends.set(key, signer && Math.min(Date.parse(certificate.validTo), Date.parse(signer.validTo)));
  }
  return ends.get(key);
}

/** A sequence of numbers from 0 to 1, the same each time. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

it('nobody is ever refused', async () => {
  const random = chance(1);
  const vault = await Vault.filled({ authorityMs: 45 * DAY_MS, leafMs: 12 * DAY_MS });
  vault.settleMs = SETTLE_MS;
  const servers = [0, 1, 2].map((index) => new Party(`nats-${index}`, SERVER, vault));
  const clients = [0, 1, 2].map((index) => new Party(`worker-${index}`, CLIENT, vault));
  const authorities = new Set<string>();
  const leaves = new Set<string>();
  const refusals: string[] = [];
  for (let step = 0; step < (100 * DAY_MS) / STEP_MS; step++) {
    vault.pass(STEP_MS);
    vault.serversSettled = servers.every(({ settled }) => settled);
    // Now and then whoever leads ends after the first of its writes, and the next goes on.
    await vault.step(random() < 0.3 ? 1 : undefined);
    for (const party of [...servers, ...clients]) party.step(Math.floor(random() * (LATENESS + 1)));
    authorities.add(vault.data(AUTHORITY)['tls.crt'] ?? '');
    leaves.add(vault.data(CLIENT)['tls.crt'] ?? '');
    for (const server of servers) {
      for (const other of [...clients, ...servers]) {
        for (const reason of [refusal(server, other, vault.now), refusal(other, server, vault.now)]) {
          if (reason) refusals.push(`day ${Math.floor((step * STEP_MS) / DAY_MS)}: ${reason}`);
        }
      }
    }
  }
  expect(refusals).toEqual([]);
  // It was worth looking at: a new authority each 30 days, a new certificate each 8, and once more for each change of trust.
  expect(authorities.size).toBe(4);
  expect(leaves.size).toBeGreaterThanOrEqual(13);
  expect(leaves.size).toBeLessThan(30);
});
