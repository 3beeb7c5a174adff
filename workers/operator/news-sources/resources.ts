// The kinds of objects that a NewsSource brings about.
import { NEWS_SOURCE, type NewsSourceSpec, type NewsSourceStatus } from '../../contract/news-source.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { defineResource, type Resource } from '../kubernetes/resource.ts';
import { DEPLOYMENTS, WORKER_SCALERS } from '../scalers/resources.ts';

export interface NewsSource extends KubernetesObject {
  readonly spec: NewsSourceSpec;
  readonly status?: NewsSourceStatus;
}

export const NEWS_SOURCES = defineResource<NewsSource>(NEWS_SOURCE);
export const CONFIG_MAPS = defineResource({ group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap' });
export const NETWORK_POLICIES = defineResource({
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'networkpolicies',
  kind: 'NetworkPolicy',
});
export const CERTIFICATES = defineResource({
  group: 'cert-manager.io',
  version: 'v1',
  plural: 'certificates',
  kind: 'Certificate',
});

/** Of all that is synthesized, what the operator writes for NewsSources. */
export const WRITTEN_KINDS: Readonly<Record<string, Resource>> = Object.fromEntries(
  [CONFIG_MAPS, NETWORK_POLICIES, CERTIFICATES, DEPLOYMENTS, WORKER_SCALERS].map((resource) => [
    resource.kind,
    resource as Resource,
  ]),
);

/** On every object that is there for a NewsSource alone: its name. */
export const SOURCE_LABEL = 'newsjet.io/news-source';
/** On objects of charts/ that NewsSources change: their names. Without NewsSources, it is not there. */
export const SOURCES_ANNOTATION = 'newsjet.io/news-sources';
