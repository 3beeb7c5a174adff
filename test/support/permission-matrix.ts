// What identities try, and what a server says to it.
import type { NatsConnection } from 'nats';

/** What no worker may do, whatever it is: beyond what the identities' own lists bring up. */
export const FORBIDDEN_PUBLISHES = [
  'FEEDS.due.alpha.one',
  'SOURCES.gamma',
  'NEWS.other',
  'DLQ.NEWS.other',
  'DELIVER.news-monitor',
  '_INBOX.news-creator.x',
  '$KV.schemas.x',
  '$JS.API.STREAM.DELETE.NEWS',
  '$JS.API.STREAM.NAMES',
  '$JS.API.STREAM.MSG.DELETE.NEWS',
  '$JS.API.STREAM.MSG.GET.SOURCES',
  '$JS.API.STREAM.CREATE.ROGUE',
  '$JS.API.STREAM.SNAPSHOT.NEWS',
  '$JS.API.CONSUMER.DELETE.NEWS.news-creator',
  '$JS.API.CONSUMER.PAUSE.NEWS.news-creator',
  '$JS.API.CONSUMER.CREATE.NEWS.rogue',
  '$JS.API.CONSUMER.CREATE.NEWS.rogue.NEWS.received',
  '$JS.API.CONSUMER.DURABLE.CREATE.NEWS.rogue',
  '$JS.API.STREAM.LEADER.STEPDOWN.NEWS',
  '$JS.API.META.LEADER.STEPDOWN',
  '$SYS.REQ.ACCOUNT.PING.STATZ',
  '$SYS.REQ.SERVER.PING.CONNZ',
  '$SYS.REQ.SERVER.PING.SUBSZ',
  '$SYS.REQ.SERVER.any.RELOAD',
];
export const FORBIDDEN_SUBSCRIPTIONS = [
  '>',
  'NEWS.>',
  'NEWS.received',
  'SOURCES.alpha',
  'FEEDS.>',
  'DLQ.>',
  '$KV.>',
  '$JS.API.>',
  '$JS.ACK.>',
  '_INBOX.>',
  'DELIVER.news-monitor',
  'DELIVER.news-monitor rogue',
];

/** A subject that a pattern allows. */
export const literal = (pattern: string): string =>
  pattern
    .replaceAll('*', (_, offset) => (pattern.slice(0, offset).endsWith('.alpha.') ? 'one' : 'any'))
    .replace('>', 'any');

/** Whether a pattern with wildcards covers a literal subject. */
export function matches(pattern: string, subject: string): boolean {
  const have = subject.split('.');
  const want = pattern.split('.');
  if (want.at(-1) === '>')
    return have.length >= want.length && matches(want.slice(0, -1).join('.'), have.slice(0, want.length - 1).join('.'));
  return have.length === want.length && want.every((token, index) => token === '*' || token === have[index]);
}

/** Tries all, and returns what the server denied. */
export async function attempt(
  connection: NatsConnection,
  publishes: readonly string[],
  subscriptions: readonly string[],
): Promise<{ publishes: Set<string>; subscriptions: Set<string> }> {
  const denied = { publishes: new Set<string>(), subscriptions: new Set<string>() };
  void (async () => {
    for await (const status of connection.status()) {
      if (status.permissionContext?.operation === 'publish') denied.publishes.add(status.permissionContext.subject);
    }
  })();
  for (const subject of publishes) connection.publish(subject);
  for (const entry of subscriptions) {
    const [subject, queue] = entry.split(' ') as [string, string?];
    connection.subscribe(subject, {
      ...(queue ? { queue } : {}),
      callback: (error) => {
        if (error) denied.subscriptions.add(entry);
      },
    });
  }
  // The server answers in order: after this, every denial has arrived. After another round trip, the loop above has taken all of them.
  await connection.flush();
  await connection.flush();
  return denied;
}
