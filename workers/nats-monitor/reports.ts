// What nats-monitor reads of a server's reports: fields of nats-server 2.15, in its own spelling (VARZ and JSZ).

/** A server about itself. */
export interface ServerVariables {
  readonly version: string;
  /** ISO 8601. */
  readonly start: string;
  readonly now: string;
  readonly mem: number;
  /** Percent of one core. */
  readonly cpu: number;
  readonly cores: number;
  readonly connections: number;
  readonly total_connections: number;
  readonly subscriptions: number;
  readonly routes: number;
  readonly in_msgs: number;
  readonly in_bytes: number;
  readonly out_msgs: number;
  readonly out_bytes: number;
  readonly slow_consumers: number;
}

/** A server about JetStream on it. */
export interface JetStreamReport {
  readonly disabled?: boolean;
  readonly memory: number;
  readonly storage: number;
  readonly reserved_storage: number;
  readonly ha_assets: number;
  readonly api: { readonly total: number; readonly errors: number };
  readonly config?: { readonly max_storage: number };
  /** Not there on a server without a cluster. */
  readonly meta_cluster?: {
    readonly leader?: string;
    readonly cluster_size: number;
    readonly pending: number;
    /** All but the server itself. */
    readonly replicas?: readonly Peer[];
  };
  readonly account_details?: readonly { readonly stream_detail?: readonly StreamReport[] }[];
}

/** A member of a Raft group. */
export interface Peer {
  readonly name: string;
  readonly current: boolean;
  readonly offline?: boolean;
}

/** A Raft group as a member sees it. */
export interface GroupReport {
  /** Not there while there is none. */
  readonly leader?: string;
  /** When it became so, ISO 8601. */
  readonly leader_since?: string;
  /** All but the member itself. */
  readonly replicas?: readonly Peer[];
}

export interface StreamReport {
  readonly name: string;
  readonly cluster?: GroupReport;
  /** -1 is no limit. */
  readonly config: { readonly max_msgs: number; readonly max_bytes: number };
  readonly state: {
    readonly messages: number;
    readonly bytes: number;
    readonly first_seq: number;
    readonly last_seq: number;
    readonly num_subjects?: number;
  };
  readonly consumer_detail?: readonly ConsumerReport[];
}

export interface ConsumerReport {
  readonly stream_name: string;
  readonly name: string;
  readonly cluster?: GroupReport;
  readonly config: { readonly durable_name?: string };
  readonly delivered: Sequences;
  readonly ack_floor: Sequences;
  readonly num_ack_pending: number;
  readonly num_redelivered: number;
  readonly num_waiting: number;
  readonly num_pending: number;
}

interface Sequences {
  readonly consumer_seq: number;
  readonly stream_seq: number;
}
