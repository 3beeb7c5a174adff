// Every identity of the cluster, with the certificate in its Secret, tries what it has no business with.
import { connect } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attempt,
  FORBIDDEN_PUBLISHES,
  FORBIDDEN_SUBSCRIPTIONS,
  literal,
  matches,
} from '../support/permission-matrix.ts';
import { noteFigure } from './support/figures.ts';
import { Target } from './support/target.ts';

let target: Target;
beforeAll(async () => {
  target = await Target.open();
  await target.ready();
});
afterAll(() => target?.close());

describe('permissions', () => {
  it('deny every identity what is not on its own list', async () => {
    const { identities } = target.topology;
    const publishes = new Set([...FORBIDDEN_PUBLISHES, ...identities.flatMap(({ publish }) => publish.map(literal))]);
    const subscriptions = new Set([...FORBIDDEN_SUBSCRIPTIONS, ...identities.flatMap(({ subscribe }) => subscribe)]);
    let attempts = 0;
    for (const identity of identities) {
      // What it may do, it does all the time: here it would only do it wrongly.
      const foreign = {
        publishes: [...publishes].filter((subject) => !identity.publish.some((own) => matches(own, subject))),
        subscriptions: [...subscriptions].filter((subject) => !identity.subscribe.includes(subject)),
      };
      const connection = await target.connect(identity.name);
      const denied = await attempt(connection, foreign.publishes, foreign.subscriptions);
      await connection.close();
      const allowed = {
        publishes: foreign.publishes.filter((subject) => !denied.publishes.has(subject)),
        subscriptions: foreign.subscriptions.filter((subject) => !denied.subscriptions.has(subject)),
      };
      expect({ identity: identity.name, ...allowed }).toEqual({
        identity: identity.name,
        publishes: [],
        subscriptions: [],
      });
      attempts += foreign.publishes.length + foreign.subscriptions.length;
    }
    await noteFigure('permission_attempts_denied', attempts);
    expect(attempts).toBeGreaterThan(identities.length * 20);
  });

  it('let nobody in without a certificate, nor as nobody of the topology', async () => {
    const { caFile } = await target.tls('news-creator');
    const anonymous = connect({ servers: target.natsUrls, tls: { caFile }, reconnect: false, timeout: 5_000 });
    await expect(anonymous).rejects.toThrow();
    // A certificate of the same authority, for something else than a client of the pipeline.
    const server = await target.tls('mongodb');
    const stranger = connect({ servers: target.natsUrls, tls: { ...server }, reconnect: false, timeout: 5_000 });
    await expect(stranger).rejects.toThrow();
  });
});
