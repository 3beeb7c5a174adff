// How tests reach an API server: as whom they like, straight or through a proxy, each in a namespace of its own.
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import type { IssuedCertificate } from '../../../certs/authority.ts';
import { KubernetesClient } from '../../../workers/operator/kubernetes/client.ts';
import { defineResource } from '../../../workers/operator/kubernetes/resource.ts';
import { issueUserCertificate } from './client-certificate.ts';

/** Where an API server is, and the authority that its users' certificates are issued by. */
export interface ApiServerAddress {
  readonly directory: string;
  readonly port: number;
  readonly authority: IssuedCertificate;
}

/** Somebody who uses the API server. */
export interface ApiUser {
  readonly name: string;
  readonly groups: readonly string[];
}

/** May do anything. */
export const ADMIN: ApiUser = { name: 'admin', groups: ['system:masters'] };

const NAMESPACES = defineResource({ group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace' });
const ADDRESS_FILE = 'address.json';
const KUBECONFIG_FILE = 'admin.kubeconfig';

/**
 * A configuration of client-node, with a certificate of its own.
 * @param port of a proxy. @default the API server's
 */
export async function accessFor(address: ApiServerAddress, user: ApiUser, port = address.port): Promise<KubeConfig> {
  const issued = await issueUserCertificate(address.authority, user.name, user.groups);
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    {
      name: 'test',
      server: `https://127.0.0.1:${port}`,
      caData: base64(address.authority.certificate),
      skipTLSVerify: false,
    },
    { name: user.name, certData: base64(issued.certificate), keyData: base64(issued.privateKey) },
  );
  return config;
}

/** Makes a namespace with a name of its own. */
export async function createNamespace(address: ApiServerAddress, prefix: string): Promise<string> {
  const client = new KubernetesClient({ access: await accessFor(address, ADMIN) });
  const name = `${prefix}-${randomUUID().slice(0, 8)}`;
  await client.create(NAMESPACES, { metadata: { name } }, { signal: new AbortController().signal });
  client.close();
  return name;
}

/** Leaves the address, and a kubeconfig of the administrator, in the server's folder. */
export async function writeAddress(address: ApiServerAddress): Promise<void> {
  const options = { mode: 0o600 };
  const config = await accessFor(address, ADMIN);
  await writeFile(kubeconfigOf(address), config.exportConfig(), options);
  await writeFile(join(address.directory, ADDRESS_FILE), JSON.stringify(address), options);
}

/** Reads what {@link writeAddress} left. */
export async function readAddress(directory: string): Promise<ApiServerAddress> {
  return JSON.parse(await readFile(join(directory, ADDRESS_FILE), 'utf8')) as ApiServerAddress;
}

/** The administrator's kubeconfig, for tools. */
export const kubeconfigOf = ({ directory }: ApiServerAddress): string => join(directory, KUBECONFIG_FILE);

const base64 = (text: string): string => Buffer.from(text).toString('base64');
