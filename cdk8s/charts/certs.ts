// Creates the Secrets that are missing: a Job that may create Secrets, and read those of the plan.
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { SecretPlan } from '../../workers/contract/secret-plan.ts';
import type { ComponentProps } from '../component.ts';
import { CERTS, labelsOf } from '../names.ts';
import { OnceJob } from '../once.ts';
import { NODE_USER } from '../pipeline-client.ts';
import { secretPlan } from '../secret-plan.ts';
import { workerImage } from '../versions.ts';
import { configMapVolume } from '../volumes.ts';

/** The ConfigMap of the plan, and where it is mounted. */
export const PLAN_NAME = 'certs-plan';
export const PLAN_FILE = 'secrets.json';
export const PLAN_DIRECTORY = '/etc/newsjet/plan';

export class CertsChart extends Chart {
  constructor(scope: Construct, id: string, props: ComponentProps) {
    const { versions, settings } = props;
    const labels = labelsOf(CERTS, CERTS);
    super(scope, id, { namespace: settings.namespace, labels });
    const plan = ownPlan(props);
    const metadata = { name: CERTS };
    new k8s.KubeServiceAccount(this, 'account', { metadata, automountServiceAccountToken: false });
    new k8s.KubeRole(this, 'role', {
      metadata,
      rules: [
        { apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames: secretNames(plan) },
        // What does not exist yet can't be allowed by its name.
        { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
      ],
    });
    new k8s.KubeRoleBinding(this, 'binding', {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: CERTS },
      subjects: [{ kind: 'ServiceAccount', name: CERTS, namespace: settings.namespace }],
    });
    new k8s.KubeConfigMap(this, 'plan', {
      metadata: { name: PLAN_NAME },
      data: { [PLAN_FILE]: `${JSON.stringify(plan, null, 2)}\n` },
    });
    new OnceJob(this, 'job', {
      name: CERTS,
      labels,
      content: plan,
      pod: {
        image: workerImage(versions, CERTS),
        user: NODE_USER,
        serviceAccount: CERTS,
        environment: {
          WORKER: CERTS,
          NAMESPACE: { field: 'metadata.namespace' },
          PLAN: `${PLAN_DIRECTORY}/${PLAN_FILE}`,
        },
        mounts: [configMapVolume('plan', PLAN_NAME, PLAN_DIRECTORY)],
        resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '1', memory: '256Mi' } },
      },
    });
  }
}

/** What is left for the Job where cert-manager issues the certificates. */
function ownPlan(props: ComponentProps): SecretPlan {
  const { authority, certificates, credentials } = secretPlan(props);
  return props.settings.certificates === 'own'
    ? { authority, certificates, credentials }
    : { certificates: [], credentials };
}

const secretNames = ({ authority, certificates, credentials }: SecretPlan): string[] =>
  [...(authority ? [authority] : []), ...certificates, ...credentials].map(({ secret }) => secret);

/** Whether there is anything for the Job to create. */
export const needsCerts = (props: ComponentProps): boolean => secretNames(ownPlan(props)).length > 0;
