// Follows the filtered stream of X and publishes each post as it comes: X API -> SOURCES.<source>. One replica at a time does.
import { METRICS } from '../contract/metrics.ts';
import { FEEDS_BUCKET, LEASES_BUCKET } from '../contract/subjects.ts';
import { FatalError } from '../runtime/errors.ts';
import { Lease } from '../runtime/lease.ts';
import { gauge } from '../runtime/metrics.ts';
import { connectNats, drainNats, jetStream } from '../runtime/nats.ts';
import { type Probes, serveProbes } from '../runtime/probes.ts';
import { runProcess } from '../runtime/process.ts';
import { Publisher } from '../runtime/publisher.ts';
import { XApi } from './api.ts';
import { SYSTEM_CLOCK } from './clock.ts';
import { follow } from './follow.ts';
import { EXPORTER_OPTIONS } from './options.ts';
import { followCounters } from './post-flow.ts';
import { TokenSource } from './token.ts';

await runProcess(EXPORTER_OPTIONS, async ({ settings, log, registry, stop }) => {
  const { source, rules, apiUrl, token, tokenFile } = settings;
  const connection = await connectNats(settings.worker, settings, log, stop.stopping);
  const client = jetStream(connection);
  const api = new XApi({ baseUrl: apiUrl });
  const leader = gauge(registry, METRICS.streamLeader);
  const counters = followCounters(registry);
  let probes: Probes | undefined;
  const work = async (): Promise<void> => {
    probes = await serveProbes({
      host: settings.httpHost,
      port: settings.httpPort,
      registry,
      health: () => (connection.isClosed() ? { ok: false, reason: 'not connected' } : { ok: true, reason: 'ok' }),
    });
    const tools = {
      ...{ source, rules, api, apiUrl, log, counters },
      tokens: new TokenSource({ file: tokenFile, fixed: token }),
      // Bound without asking for the bucket's configuration, which an exporter may not read.
      states: await client.views.kv(FEEDS_BUCKET, { bindOnly: true, allow_direct: true }),
      publisher: new Publisher(client, { maxBytes: connection.info?.max_payload ?? 1_048_576, log, registry }),
      clock: SYSTEM_CLOCK,
      abandoning: stop.abandoning,
    };
    leader.set({ source }, 0);
    await new Lease({ connection, client, bucket: LEASES_BUCKET, key: source, log }).lead(
      stop.stopping,
      async (held) => {
        leader.set({ source }, 1);
        try {
          await follow(tools, held);
        } finally {
          leader.set({ source }, 0);
        }
      },
    );
  };
  try {
    await Promise.race([
      work(),
      connection.closed().then((cause) => {
        throw new FatalError('the connection to NATS was closed for good', { cause });
      }),
    ]);
  } finally {
    await api.close();
    await drainNats(connection, log);
    probes?.close();
  }
});
