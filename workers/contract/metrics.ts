// Names and help texts of the metrics that workers share.

/** A metric's name, help text and label names. */
export interface MetricSpec<Label extends string = string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
}

/** States a metric: its name, its help text and its labels. */
export const metric = <Label extends string>(
  name: string,
  help: string,
  ...labelNames: Label[]
): MetricSpec<Label> => ({
  name,
  help,
  labelNames,
});

export const METRICS = {
  settled: metric('newsjet_messages_settled_total', 'Messages settled, by outcome', 'stream', 'consumer', 'outcome'),
  inHand: metric(
    'newsjet_messages_in_hand',
    'Messages delivered to this process and not settled',
    'stream',
    'consumer',
  ),
  batch: metric('newsjet_batch_messages', 'Messages worked on at once', 'stream', 'consumer'),
  work: metric(
    'newsjet_work_duration_seconds',
    'Time from taking up a message or batch to settling it',
    'stream',
    'consumer',
  ),
  published: metric('newsjet_messages_published_total', 'Messages that JetStream confirmed', 'subject', 'duplicate'),
  publishRetries: metric('newsjet_publish_retries_total', 'Publishes that had to be tried again', 'subject'),
  spansLost: metric('newsjet_spans_lost_total', 'Spans of traces that no collector got, by loss', 'loss'),
  polls: metric('newsjet_feed_polls_total', 'Feed polls, by outcome', 'source', 'outcome'),
  fetchDuration: metric('newsjet_feed_fetch_duration_seconds', 'Time to fetch a feed', 'source'),
  documents: metric('newsjet_documents_read_total', 'Raw documents read, by reader', 'source', 'reader'),
  items: metric('newsjet_items_read_total', 'News items read from raw documents, by outcome', 'source', 'outcome'),
  stored: metric('newsjet_news_stored_total', 'News items written to the database, by outcome', 'outcome'),
  storeLatency: metric(
    'newsjet_news_store_latency_seconds',
    'Time from the fetch of a document to its news item being stored',
  ),
  processed: metric('newsjet_news_processed_total', 'News items seen on NEWS.processed', 'source'),
  latency: metric(
    'newsjet_news_latency_seconds',
    'Time from a news item being received in NEWS to its being published as processed, by the clock of the streams',
  ),
  consumerLag: metric(
    'newsjet_consumer_lag_seconds',
    'Age of the oldest message that is not acknowledged; 0 when there is none, absent while unknown',
    'stream',
    'consumer',
  ),
  consumerUnknown: metric(
    'newsjet_consumer_unknown',
    'Whether the consumer could not be read (1) or could (0)',
    'stream',
    'consumer',
  ),
  dlqMessages: metric('newsjet_dlq_messages', 'Messages in the DLQ, by where they came from', 'stream', 'consumer'),
  deadLetters: metric(
    'newsjet_dead_letters_total',
    'Messages moved to the DLQ, by cause',
    'stream',
    'consumer',
    'cause',
  ),
  failures: metric(
    'newsjet_failures_total',
    'Attempts at a message that failed, by kind: retry, poison or fatal',
    'stream',
    'consumer',
    'kind',
  ),
  replicas: metric('newsjet_worker_connections', 'Connections to NATS, by the identity that holds them', 'identity'),
  streamPosts: metric(
    'newsjet_stream_posts_total',
    'Posts that the filtered stream or the recent search brought, by origin and what became of them',
    'source',
    'origin',
    'outcome',
  ),
  streamConnections: metric(
    'newsjet_stream_connections_total',
    'Ends of connections to the filtered stream, by reason',
    'source',
    'reason',
  ),
  streamLeader: metric(
    'newsjet_stream_leader',
    'Whether this replica follows the stream (1) or stands by (0)',
    'source',
  ),
  operatorLeader: metric('newsjet_operator_leader', 'Whether this replica of the operator leads (1) or stands by (0)'),
  apiRequests: metric(
    'newsjet_kubernetes_requests_total',
    'Requests to the API server, by status; 0 is no answer',
    'verb',
    'resource',
    'status',
  ),
  scalerDecisions: metric('newsjet_scaler_decisions_total', 'Decisions about replicas', 'scaler', 'reason'),
  scalerWrites: metric(
    'newsjet_scaler_changes_total',
    'Changes of replicas that the API server was asked for, by outcome',
    'scaler',
    'direction',
    'outcome',
  ),
  scalerDesired: metric('newsjet_scaler_desired_replicas', 'Replicas that were decided upon', 'scaler'),
  scalerMaximum: metric('newsjet_scaler_max_replicas', 'Replicas that there may be', 'scaler'),
  scalerReplicas: metric('newsjet_scaler_replicas', 'Replicas that the Deployment asks for', 'scaler'),
  scalerReady: metric('newsjet_scaler_ready_replicas', 'Replicas that are ready', 'scaler'),
  scalerLag: metric('newsjet_scaler_lag_messages', 'Messages pending or in hand; absent while unknown', 'scaler'),
  scalerUnknown: metric(
    'newsjet_scaler_reading_unknown',
    'Whether the consumer could not be read (1) or could (0)',
    'scaler',
  ),
  driftRepairs: metric(
    'newsjet_operator_drift_repairs_total',
    'What was not as declared any more, and was brought back',
    'kind',
    'name',
  ),
  driftUnrepairable: metric(
    'newsjet_operator_drift_unrepairable',
    'What is not as declared, and is not repaired (1): the log and an Event say why',
    'kind',
    'name',
  ),
  certificateExpiry: metric(
    'newsjet_certificate_expiry_timestamp_seconds',
    'When the certificate in a Secret ends, as Unix time',
    'secret',
  ),
  certificateRenewals: metric('newsjet_certificate_renewals_total', 'Certificates and authorities issued', 'secret'),
  certificateProblem: metric(
    'newsjet_certificate_problem',
    'Whether a Secret has a problem that only people can mend (1) or none (0)',
    'secret',
  ),
  serversBehind: metric(
    'newsjet_nats_servers_behind',
    'NATS servers that do not present the certificate of their Secret',
  ),
  feeds: metric('newsjet_feeds', 'Feeds known, by status', 'source', 'status'),
  feedSuccess: metric(
    'newsjet_feed_last_success_timestamp_seconds',
    'When a feed was last read or said to be unchanged, as Unix time; of a thousand feeds, those that fail first',
    'source',
    'feed',
  ),
  feedFailures: metric(
    'newsjet_feed_failures',
    'Polls of a feed that failed in a row; of a thousand feeds, those that fail first',
    'source',
    'feed',
  ),
  feedItems: metric(
    'newsjet_feed_items_total',
    'News items read from the documents of a feed; beyond a thousand feeds they have no name',
    'source',
    'feed',
  ),
  queries: metric('newsjet_news_query_duration_seconds', 'Time to answer a question to the database', 'route'),
  build: metric('newsjet_build_info', 'Always 1; says what is running', 'version', 'node'),
} as const;
