// Secrets in memory, and a clock: what the plan of renewal asks for is done to them at once.
import type { IssuedCertificate } from '../../../../certs/authority.ts';
import { MANAGED_LABELS } from '../../../../certs/secrets.ts';
import type { PlannedCertificate } from '../../../contract/secret-plan.ts';
import { performAction } from '../actions.ts';
import type { CertificatePlan } from '../certificate-plan.ts';
import { type RenewalAction, renewalPlan } from '../renewal-plan.ts';
import type { StoredSecret } from '../secret-object.ts';
import type { Lives } from '../validity.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const AUTHORITY = 'newsjet-ca';
export const SERVER = 'nats-server-tls';
export const DATABASE = 'mongodb-tls';
export const CLIENT = 'news-creator-tls';

const server = (secret: string, commonName: string, name: string): PlannedCertificate => ({
  ...{ secret, commonName, names: [name, '127.0.0.1'], combinedPem: secret === DATABASE },
  usages: ['server auth', 'client auth'],
});

export const PLAN = {
  authority: { secret: AUTHORITY, commonName: 'Newsjet CA' },
  certificates: [
    server(SERVER, 'nats-server', 'localhost'),
    server(DATABASE, 'mongodb-server', 'mongodb'),
    { secret: CLIENT, commonName: 'news-creator', usages: ['client auth'], names: [], combinedPem: false },
  ],
  serverSecret: SERVER,
  databaseSecret: DATABASE,
} satisfies CertificatePlan;

export class Vault {
  readonly secrets = new Map<string, StoredSecret>();
  readonly lives: Lives;
  now = new Date('2030-01-01T00:00:00Z');
  plan: CertificatePlan = PLAN;
  serversSettled = true;
  settleMs = HOUR_MS;

  constructor(lives: Lives = { authorityMs: 3_650 * DAY_MS, leafMs: 90 * DAY_MS }) {
    this.lives = lives;
  }

  /** With everything made. */
  static async filled(lives?: Lives): Promise<Vault> {
    const vault = new Vault(lives);
    await vault.run();
    return vault;
  }

  actions(): RenewalAction[] {
    const { now, serversSettled, settleMs } = this;
    return renewalPlan(this.plan, this.secrets, { now, serversSettled, settleMs });
  }

  /** The actions as texts, such as `issue news-creator-tls (missing)`. */
  asked(): string[] {
    return this.actions().map((action) => {
      if (action.kind === 'mark-settled') return `mark-settled ${action.settled}`;
      const why = 'reason' in action ? ` (${action.reason})` : 'problem' in action ? `: ${action.problem}` : '';
      return `${action.kind} ${action.secret}${why}`;
    });
  }

  /** Does what is asked for, once. @returns whether there was anything to do */
  async step(limit = Infinity): Promise<boolean> {
    const changes = this.actions().filter((action) => action.kind !== 'warn');
    for (const change of changes.slice(0, limit)) {
      const { plan, secrets, now, lives } = this;
      secrets.set(change.secret, (await performAction(change, { plan, secrets, now, lives })).secret);
    }
    return changes.length > 0;
  }

  /** Does what is asked for until nothing is. */
  async run(): Promise<void> {
    for (let steps = 0; await this.step(); steps++) {
      if (steps > 20) throw new Error(`no end of it: ${this.asked().join(', ')}`);
    }
  }

  pass(ms: number): void {
    this.now = new Date(this.now.getTime() + ms);
  }

  data(name: string): StoredSecret['data'] {
    const secret = this.secrets.get(name);
    if (!secret) throw new Error(`there is no Secret ${name}`);
    return secret.data;
  }

  /** Changes the data of a Secret; undefined takes a key away. */
  alter(name: string, change: Readonly<Record<string, string | undefined>>): void {
    const { data, ...rest } = this.secrets.get(name) ?? { labels: MANAGED_LABELS, annotations: {}, data: {} };
    const entries = Object.entries({ ...data, ...change }).filter((entry): entry is [string, string] => !!entry[1]);
    this.secrets.set(name, { ...rest, data: Object.fromEntries(entries) });
  }

  /** Puts a Secret there as a user would make it. */
  bring(name: string, { certificate, privateKey }: IssuedCertificate, trust: string): void {
    const data = { 'tls.crt': certificate, 'tls.key': privateKey, 'ca.crt': trust };
    this.secrets.set(name, { labels: {}, annotations: {}, data });
  }
}
