// Follows the filtered stream of X and publishes each post as it comes: X API -> SOURCES.<source>. One replica at a time does.
import { METRICS } from '../contract/metrics.ts';
import { FEEDS_BUCKET, LEASES_BUCKET } from '../contract/subjects.ts';
import { Lease } from '../runtime/lease.ts';
import { gauge } from '../runtime/metrics.ts';
import { runConnectedWorker } from '../runtime/worker.ts';
import { XApi } from './api.ts';
import { SYSTEM_CLOCK } from './clock.ts';
import { follow } from './follow.ts';
import { EXPORTER_OPTIONS } from './options.ts';
import { followCounters } from './post-flow.ts';
import { TokenSource } from './token.ts';

await runConnectedWorker(EXPORTER_OPTIONS, async (context) => {
  const { settings, log, registry, stop, connection, client, publisher, spans, onEnd } = context;
  const { source, rules, apiUrl, token, tokenFile } = settings;
  const api = new XApi({ baseUrl: apiUrl });
  onEnd(() => api.close());
  const leader = gauge(registry, METRICS.streamLeader);
  leader.set({ source }, 0);
  const tools = {
    ...{ source, rules, api, apiUrl, log, publisher, spans, counters: followCounters(registry) },
    tokens: new TokenSource({ file: tokenFile, fixed: token }),
    // Bound without asking for the bucket's configuration, which an exporter may not read.
    states: await client.views.kv(FEEDS_BUCKET, { bindOnly: true, allow_direct: true }),
    clock: SYSTEM_CLOCK,
    abandoning: stop.abandoning,
  };
  const lease = new Lease({ connection, client, bucket: LEASES_BUCKET, key: source, log });
  await lease.lead(stop.stopping, async (held) => {
    leader.set({ source }, 1);
    try {
      await follow(tools, held);
    } finally {
      leader.set({ source }, 0);
    }
  });
});
