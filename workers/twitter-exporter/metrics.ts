// Metrics of a filtered stream.
import type { MetricSpec } from '../contract/metrics.ts';

export const STREAM_METRICS = {
  posts: {
    name: 'newsjet_stream_posts_total',
    help: 'Posts that the filtered stream or the recent search brought, by origin and what became of them',
    labelNames: ['source', 'origin', 'outcome'],
  },
  connections: {
    name: 'newsjet_stream_connections_total',
    help: 'Ends of connections to the filtered stream, by reason',
    labelNames: ['source', 'reason'],
  },
  leader: {
    name: 'newsjet_stream_leader',
    help: 'Whether this replica follows the stream (1) or stands by (0)',
    labelNames: ['source'],
  },
} as const satisfies Record<string, MetricSpec>;
