// Where the collector of traces is, as a network policy can say it.
import { isIPv4, isIPv6 } from 'node:net';
import type { k8s } from 'cdk8s-plus-27';
import { ANYWHERE } from './address-blocks.ts';
import type { Settings } from './settings.ts';

/** Whom a policy lets workers reach to export their spans. */
export interface CollectorPeers {
  readonly peers: readonly k8s.NetworkPolicyPeer[];
  readonly port: number;
}

/**
 * Reads them from the collector's address. A policy knows addresses and pods, no names: an address is that address alone, a
 * Service's name stands for the pods of its namespace, and any other name may be anywhere. A name of two parts is a Service and
 * its namespace, as the cluster's resolver takes it.
 */
export function collectorPeers(
  endpoint: string,
  { namespace, clusterDomain }: Pick<Settings, 'namespace' | 'clusterDomain'>,
): CollectorPeers {
  const { protocol, hostname, port } = new URL(endpoint);
  const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  return { peers: peersOf(hostname.replace(/^\[|\]$/g, ''), namespace, clusterDomain), port: number };
}

function peersOf(host: string, namespace: string, clusterDomain: string): readonly k8s.NetworkPolicyPeer[] {
  if (isIPv4(host)) return [{ ipBlock: { cidr: `${host}/32` } }];
  if (isIPv6(host)) return [{ ipBlock: { cidr: `${host}/128` } }];
  const [service, within = namespace, ...rest] = host.split('.');
  const ofCluster = ['', 'svc', `svc.${clusterDomain}`].includes(rest.join('.'));
  if (!service || !ofCluster) return ANYWHERE;
  return [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': within } } }];
}
