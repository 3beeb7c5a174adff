// What the operator may do for NewsSources. The objects of a source have names that can't be known before there is one, so that
// what is allowed here is allowed for the whole namespace: see ADR 13 for what that means.
import type { k8s } from 'cdk8s-plus-27';
import { NEWS_SOURCE } from '../../workers/contract/news-source.ts';
import { WORKER_SCALER } from '../../workers/contract/worker-scaler.ts';
import type { ComponentProps } from '../component.ts';
import { NATS, NATS_CONFIG } from '../names.ts';

/** Applying an object that is not there takes both. */
const APPLY = ['create', 'patch'];

export function newsSourceRules({
  settings: { certificates },
  topology: { servers },
}: Pick<ComponentProps, 'settings' | 'topology'>): k8s.PolicyRule[] {
  const { group, plural } = NEWS_SOURCE;
  return [
    // Its finalizers; the API server lets nobody change a spec alone.
    { apiGroups: [group], resources: [plural], verbs: ['list', 'watch', 'patch'] },
    { apiGroups: [group], resources: [`${plural}/status`], verbs: ['patch'] },
    { apiGroups: [WORKER_SCALER.group], resources: [WORKER_SCALER.plural], verbs: [...APPLY, 'delete'] },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: [...APPLY, 'delete'] },
    { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['patch'] },
    { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['list', 'watch', ...APPLY, 'delete'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['patch'], resourceNames: [NATS_CONFIG] },
    // Where cert-manager makes them, those of a source are only removed.
    {
      ...{ apiGroups: [''], resources: ['secrets'] },
      verbs: certificates === 'own' ? ['get', 'create', 'update', 'delete'] : ['get', 'delete'],
    },
    // So that the kubelet brings a changed configuration into the servers' pods at once.
    {
      ...{ apiGroups: [''], resources: ['pods'], verbs: ['patch'] },
      resourceNames: Array.from({ length: servers }, (_, index) => `${NATS}-${index}`),
    },
    ...(certificates === 'cert-manager'
      ? [{ apiGroups: ['cert-manager.io'], resources: ['certificates'], verbs: [...APPLY, 'delete'] }]
      : []),
  ];
}
