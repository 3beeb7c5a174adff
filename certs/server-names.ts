// The names under which the servers are reached: on this machine, and inside a Kubernetes cluster.

export interface ServerNameOptions {
  /** Servers in the cluster. */
  readonly servers: number;
  /** @default newsjet */
  readonly namespace?: string;
  /** The Kubernetes service; its pods are `<service>-<n>`, found through `<service>-headless`. @default nats */
  readonly service?: string;
  /** @default cluster.local */
  readonly clusterDomain?: string;
}

/** Lists every name that the servers' certificate must carry, addresses included. */
export function defaultServerNames(options: ServerNameOptions): string[] {
  const { servers, namespace = 'newsjet', service = 'nats', clusterDomain = 'cluster.local' } = options;
  const inCluster = (name: string): string[] => [
    name,
    `${name}.${namespace}`,
    `${name}.${namespace}.svc`,
    `${name}.${namespace}.svc.${clusterDomain}`,
  ];
  const headless = `${service}-headless`;
  return [
    'localhost',
    '127.0.0.1',
    '::1',
    ...inCluster(service),
    ...inCluster(headless),
    // Some clients refuse a wildcard over so few labels, so the servers that there are have names of their own;
    // the wildcards are for those that join before the certificate is renewed.
    ...Array.from({ length: servers }, (_, index) => inCluster(`${service}-${index}.${headless}`)).flat(),
    ...inCluster(`*.${headless}`),
  ];
}
