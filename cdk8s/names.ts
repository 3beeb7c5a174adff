// The names, labels, ports and paths by which the components know each other.
import { NEWS_READER } from '../workers/contract/roles.ts';

/** The component that a pod belongs to: a worker's role, or a piece of the infrastructure. */
export const COMPONENT_LABEL = 'app.kubernetes.io/component';
/** The workload that a pod belongs to, and what its selector asks for. */
export const NAME_LABEL = 'app.kubernetes.io/name';
export const PART_OF_LABEL = 'app.kubernetes.io/part-of';

export const NATS = 'nats';
/** Gives every server a name of its own, `nats-<n>.nats-headless`, ready or not: see certs/server-names.ts. */
export const NATS_HEADLESS = 'nats-headless';
/** The ConfigMap of the servers' configuration. */
export const NATS_CONFIG = 'nats-config';
export const MONGODB = 'mongodb';
/** The Job, and the image, that creates the application's user. */
export const MONGODB_USER = 'mongodb-user';
export const NEWSROOM = 'newsroom';
/** The Job, and the image, that creates Secrets. */
export const CERTS = 'certs';
export const PROMETHEUS = 'prometheus';
export const GRAFANA = 'grafana';

export const NATS_CLIENT_PORT = 4222;
export const NATS_CLUSTER_PORT = 6222;
export const NATS_MONITOR_PORT = 8222;
export const MONGODB_PORT = 27017;
/** Where a worker serves /metrics, /healthz and /readyz. */
export const WORKER_PORT = 8080;
export const NEWSROOM_PORT = 8700;
export const PROMETHEUS_PORT = 9090;
export const GRAFANA_PORT = 3000;

export const PROMETHEUS_URL = `http://${PROMETHEUS}:${PROMETHEUS_PORT}`;
/** What answers questions about stored news, as the page's worker asks it. */
export const READER_URL = `http://${NEWS_READER}`;

export const NEWSROOM_URL = `http://${NEWSROOM}:${NEWSROOM_PORT}`;
/** What the newsroom's X side takes for a token; it is made up, like everything there, and no secret. */
export const NEWSROOM_X_TOKEN = 'newsroom';
export const MONGODB_DATABASE = 'newsjet';

/** Where a pod finds its certificate: `ca.crt`, `tls.crt`, `tls.key`. */
export const TLS_DIRECTORY = '/etc/newsjet/tls';

/** Labels of a workload's objects and pods. */
export const labelsOf = (name: string, component: string): Record<string, string> => ({
  [NAME_LABEL]: name,
  [COMPONENT_LABEL]: component,
  [PART_OF_LABEL]: 'newsjet',
});

/** What selects the pods of a workload. It can't be changed once a workload exists. */
export const selectorOf = (name: string): { matchLabels: Record<string, string> } => ({
  matchLabels: { [NAME_LABEL]: name },
});
