// Hears of deletions and changes at once. What is heard is a hint to look, no more: what was missed is found at the next look.
import type { NatsConnection, Subscription } from 'nats';
import { consumerAdvisory, streamAdvisories } from '../../contract/subjects.ts';
import { reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';

/** Starts to listen. @param onHint told of a stream or consumer that may have changed, `<stream>` or `<stream>/<consumer>` */
export function listenForHints(
  connection: NatsConnection,
  log: Logger,
  onHint: (name: string) => void,
): { close: () => void } {
  const depth = (subject: string): number => subject.split('.').length - 1;
  const subscriptions = [...streamAdvisories('*'), consumerAdvisory('*', '*')].map((pattern): Subscription => {
    // The names come last, as many as there are wildcards.
    const before = depth(pattern.slice(0, pattern.indexOf('*')));
    return connection.subscribe(pattern, {
      callback: (error, { subject }) => {
        if (error)
          log.warn({ subject: pattern, reason: reasonOf(error) }, "can't hear of changes, looking at intervals");
        else onHint(subject.split('.').slice(before).join('/'));
      },
    });
  });
  return {
    close: () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
    },
  };
}
