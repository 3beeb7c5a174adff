// Names and help texts of what nats-monitor tells of the servers: those of nats-surveyor, where it has one for the same thing.
import { metric } from './metrics.ts';

const server = ['server_name'] as const;
const stream = ['stream'] as const;
const consumer = ['stream', 'consumer_name'] as const;

/**
 * Counters of a server begin again with the server. Streams and consumers are told of by their leader alone, so that no sum
 * counts a replica. Identifiers that change with every start are no labels.
 */
export const NATS_METRICS = {
  up: metric('nats_up', 'Whether any server answered the last survey (1) or none (0)'),
  expected: metric('nats_survey_expected_count', 'Servers that are to be there'),
  surveyed: metric('nats_survey_surveyed_count', 'Servers that answered the last survey'),
  surveyErrors: metric('nats_survey_poll_error_count', 'Surveys that failed'),
  surveyDuration: metric('nats_survey_duration_seconds', 'Time that a survey takes'),

  info: metric('nats_core_info', 'Always 1; says which version a server is', ...server, 'version'),
  uptime: metric('nats_core_uptime', 'Seconds since a server started', ...server),
  memory: metric('nats_core_mem_bytes', 'Memory of a server', ...server),
  cpu: metric('nats_core_cpu_percentage', 'Processor time of a server, 100 being one core', ...server),
  cores: metric('nats_core_core_count', 'Cores that a server sees', ...server),
  connections: metric('nats_core_connection_count', 'Clients connected to a server', ...server),
  allConnections: metric('nats_core_total_connection_count', 'Clients that ever connected to a server', ...server),
  subscriptions: metric('nats_core_subs_count', 'Subscriptions on a server', ...server),
  sentMessages: metric('nats_core_sent_msgs_count', 'Messages that a server sent', ...server),
  sentBytes: metric('nats_core_sent_bytes', 'Bytes that a server sent', ...server),
  receivedMessages: metric('nats_core_recv_msgs_count', 'Messages that a server received', ...server),
  receivedBytes: metric('nats_core_recv_bytes', 'Bytes that a server received', ...server),
  slowConsumers: metric(
    'nats_core_slow_consumer_count',
    'Clients that a server cut off for they were too slow',
    ...server,
  ),
  routes: metric('nats_core_route_count', 'Routes of a server to others', ...server),

  jetstream: metric('nats_core_jetstream_enabled', 'Whether JetStream is on (1) or off (0)', ...server),
  storageSize: metric('nats_core_jetstream_filestore_size_bytes', 'Storage that JetStream may use', ...server),
  storageUsed: metric('nats_core_jetstream_filestore_used_bytes', 'Storage that JetStream uses', ...server),
  storageReserved: metric(
    'nats_core_jetstream_filestore_reserved_bytes',
    'Storage that streams have reserved',
    ...server,
  ),
  memoryUsed: metric('nats_core_jetstream_memstore_used_bytes', 'Memory that JetStream stores messages in', ...server),
  assets: metric('nats_core_jetstream_ha_assets', 'Replicated streams and consumers on a server', ...server),
  apiRequests: metric('nats_core_jetstream_api_requests', 'Requests to the JetStream API', ...server),
  apiErrors: metric('nats_core_jetstream_api_errors', 'Requests to the JetStream API that failed', ...server),
  apiPending: metric('nats_core_jetstream_api_pending', 'Requests to the JetStream API that wait', ...server),

  metaSize: metric('nats_core_jetstream_cluster_raft_group_size', 'Peers of the meta group', ...server),
  metaLeader: metric(
    'nats_core_jetstream_cluster_raft_group_leader',
    'Whether a server leads the meta group (1) or not (0)',
    ...server,
  ),
  peerCurrent: metric(
    'nats_core_jetstream_cluster_raft_group_replica_peer_current',
    'Whether a peer is up to date (1) or not (0), as the meta leader sees it',
    'peer',
  ),
  peerOffline: metric(
    'nats_core_jetstream_cluster_raft_group_replica_peer_offline',
    'Whether a peer is away (1) or there (0), as the meta leader sees it',
    'peer',
  ),

  messages: metric('nats_stream_total_messages', 'Messages in a stream', ...stream),
  bytes: metric('nats_stream_total_bytes', 'Bytes in a stream', ...stream),
  firstSequence: metric('nats_stream_first_seq', 'Sequence of the oldest message of a stream', ...stream),
  lastSequence: metric('nats_stream_last_seq', 'Sequence of the latest message of a stream', ...stream),
  consumers: metric('nats_stream_consumer_count', 'Consumers of a stream, with those that nobody named', ...stream),
  subjects: metric('nats_stream_subject_count', 'Subjects with messages in a stream', ...stream),
  // Surveyor has no name for these.
  limitMessages: metric('newsjet_stream_limit_messages', 'Messages that a stream may hold', ...stream),
  limitBytes: metric('newsjet_stream_limit_bytes', 'Bytes that a stream may hold', ...stream),
  streamLeader: metric('newsjet_stream_has_leader', 'Whether a stream has a leader (1) or none (0)', ...stream),
  streamReplicas: metric(
    'newsjet_stream_replicas',
    'Replicas of a stream, by state: current, lagging or offline',
    ...stream,
    'state',
  ),
  consumerLeader: metric('newsjet_consumer_has_leader', 'Whether a consumer has a leader (1) or none (0)', ...consumer),

  delivered: metric('nats_consumer_delivered_consumer_seq', 'Deliveries of a consumer so far', ...consumer),
  deliveredStream: metric(
    'nats_consumer_delivered_stream_seq',
    'Sequence of the latest message that was delivered',
    ...consumer,
  ),
  ackFloor: metric('nats_consumer_ack_floor_consumer_seq', 'Deliveries before which all are settled', ...consumer),
  ackFloorStream: metric(
    'nats_consumer_ack_floor_stream_seq',
    'Sequence before which every message is settled',
    ...consumer,
  ),
  ackPending: metric('nats_consumer_num_ack_pending', 'Messages delivered and not settled', ...consumer),
  redelivered: metric('nats_consumer_num_redelivered', 'Unsettled messages delivered more than once', ...consumer),
  waiting: metric('nats_consumer_num_waiting', 'Pull requests that wait', ...consumer),
  pending: metric('nats_consumer_num_pending', 'Messages not delivered yet', ...consumer),
} as const;
