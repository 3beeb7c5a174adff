// A namespace of its own at the run's API server, and clients that a test may cut off.
import { waitFor } from '../../../../local/wait.ts';
import {
  ADMIN,
  type ApiServerAddress,
  type ApiUser,
  accessFor,
  createNamespace,
} from '../../../../test/support/api-server/access.ts';
import { TcpProxy } from '../../../../test/support/api-server/proxy.ts';
import { sharedApiServer } from '../../../../test/support/api-server/shared.ts';
import { KubernetesClient, type KubernetesClientOptions } from '../client.ts';
import type { KubernetesObject } from '../object.ts';
import { defineResource, type Resource } from '../resource.ts';

export interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string | null>>;
}

export const CONFIG_MAPS = defineResource<ConfigMap>({
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
});

const DEFINITIONS = defineResource<KubernetesObject & { readonly spec: object }>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
});
const DEFINED_TIMEOUT_MS = 60_000;

/** A custom resource. */
export interface Widget extends KubernetesObject {
  readonly spec?: { readonly size: number };
  readonly status?: { readonly ready?: boolean | null; readonly observedGeneration?: number };
}

const WIDGET_SCHEMA = {
  type: 'object',
  properties: {
    spec: { type: 'object', properties: { size: { type: 'integer' } } },
    status: { type: 'object', properties: { ready: { type: 'boolean' }, observedGeneration: { type: 'integer' } } },
  },
};

export class ApiBench {
  readonly namespace: string;
  readonly address: ApiServerAddress;
  /** Of the administrator, straight to the API server. */
  readonly admin: KubernetesClient;
  readonly #clients: KubernetesClient[] = [];
  readonly #proxies: TcpProxy[] = [];
  readonly #definitions: string[] = [];

  private constructor(address: ApiServerAddress, namespace: string, admin: KubernetesClient) {
    this.address = address;
    this.namespace = namespace;
    this.admin = admin;
    this.#clients.push(admin);
  }

  static async start(prefix: string): Promise<ApiBench> {
    const address = await sharedApiServer();
    const admin = new KubernetesClient({ access: await accessFor(address, ADMIN) });
    return new ApiBench(address, await createNamespace(address, prefix), admin);
  }

  /** A client of somebody, perhaps through a proxy. */
  async client(
    options: Partial<KubernetesClientOptions> & { readonly user?: ApiUser; readonly proxy?: TcpProxy } = {},
  ): Promise<KubernetesClient> {
    const { user = ADMIN, proxy, ...rest } = options;
    const client = new KubernetesClient({ access: await accessFor(this.address, user, proxy?.port), ...rest });
    this.#clients.push(client);
    return client;
  }

  async proxy(): Promise<TcpProxy> {
    const proxy = await TcpProxy.start(this.address.port);
    this.#proxies.push(proxy);
    return proxy;
  }

  /** A ConfigMap of the namespace, not created yet. */
  configMap(name: string, data: Readonly<Record<string, string>> = {}): ConfigMap {
    return { metadata: { name, namespace: this.namespace }, data };
  }

  /** Defines a kind of object of our own. The API server remembers nothing of it from before. */
  async defineWidgets(): Promise<Resource<Widget>> {
    const group = `${this.namespace}.newsjet.io`;
    const names = { plural: 'widgets', kind: 'Widget', singular: 'widget' };
    const schema = { openAPIV3Schema: WIDGET_SCHEMA };
    const versions = [{ name: 'v1', served: true, storage: true, schema, subresources: { status: {} } }];
    const spec = { group, scope: 'Namespaced', names, versions };
    const { signal } = new AbortController();
    await this.admin.create(DEFINITIONS, { metadata: { name: `widgets.${group}` }, spec }, { signal });
    this.#definitions.push(`widgets.${group}`);
    const widgets = defineResource<Widget>({ group, version: 'v1', plural: names.plural, kind: names.kind });
    const { namespace } = this;
    await waitFor('widgets are known', DEFINED_TIMEOUT_MS, () => this.admin.list(widgets, { namespace, signal }));
    return widgets;
  }

  async stop(): Promise<void> {
    const { signal } = new AbortController();
    for (const name of this.#definitions) await this.admin.delete(DEFINITIONS, { name }, { signal });
    for (const client of this.#clients) client.close();
    await Promise.all(this.#proxies.map((proxy) => proxy.stop()));
  }
}
