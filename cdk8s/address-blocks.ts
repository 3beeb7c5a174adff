// What of the address space is the internet, as network policies name it.
import type { k8s } from 'cdk8s-plus-27';

/** Ranges that are no public address (IANA's registry of special purposes), and where a cloud tells its machines secrets. */
const NOT_PUBLIC_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];
/** Within what is allocated for global use; among them what carries an IPv4 address inside. */
const NOT_PUBLIC_V6 = ['2001::/23', '2001:db8::/32', '2002::/16'];

/** Where pods, nodes and clouds' own services are never to be found. */
export const INTERNET: readonly k8s.NetworkPolicyPeer[] = [
  { ipBlock: { cidr: '0.0.0.0/0', except: NOT_PUBLIC_V4 } },
  { ipBlock: { cidr: '2000::/3', except: NOT_PUBLIC_V6 } },
];

/** The networks that people run at home and at work. */
export const PRIVATE_NETWORKS: readonly k8s.NetworkPolicyPeer[] = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fc00::/7',
].map((cidr) => ({ ipBlock: { cidr } }));

/** For what can't be told beforehand: the API server, a database of somebody's own. */
export const ANYWHERE: readonly k8s.NetworkPolicyPeer[] = ['0.0.0.0/0', '::/0'].map((cidr) => ({ ipBlock: { cidr } }));
