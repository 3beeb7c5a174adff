// The one form of pod that there is: a single container, as restricted as Pod Security asks for.
import { k8s } from 'cdk8s-plus-27';
import type { MountedVolume } from './volumes.ts';

/** An amount of processor and memory, as Kubernetes writes it in its shortest form: anything else looks like a change. */
export interface Amounts {
  readonly cpu: string;
  readonly memory: string;
}

export interface Resources {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

/** A variable of the environment: a value, or a field of the pod, such as `metadata.name`. */
export type Variable = string | { readonly field: string };

export interface PodProps {
  /** Of the container. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  /** User, group and group of the volumes: images name theirs differently, or not at all. */
  readonly user: number;
  readonly resources: Resources;
  /** @default the image's */
  readonly command?: readonly string[];
  /** @default the image's */
  readonly args?: readonly string[];
  /** @default none */
  readonly environment?: Readonly<Record<string, Variable>>;
  /** By name. @default none */
  readonly ports?: Readonly<Record<string, number>>;
  /** @default none */
  readonly mounts?: readonly MountedVolume[];
  /** @default none */
  readonly probes?: Pick<k8s.Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'>;
  /** Runs before the container is told to end. @default nothing */
  readonly preStop?: readonly string[];
  /** @default 30 */
  readonly graceSeconds?: number;
  /** @default Always */
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  /** Account whose token the container is given. @default none, and no token */
  readonly serviceAccount?: string;
  /** @default none */
  readonly annotations?: Readonly<Record<string, string>>;
  /** @default none */
  readonly spread?: k8s.TopologySpreadConstraint;
}

/** Makes the template of a workload's pods. */
export function podTemplate(props: PodProps): k8s.PodTemplateSpec {
  const { labels, annotations, mounts = [], user, serviceAccount, spread } = props;
  return {
    metadata: { labels: { ...labels }, ...(annotations ? { annotations: { ...annotations } } : {}) },
    spec: {
      containers: [container(props)],
      ...lists({ volumes: mounts.flatMap(({ volume }) => volume ?? []) }),
      restartPolicy: props.restartPolicy ?? 'Always',
      terminationGracePeriodSeconds: props.graceSeconds ?? 30,
      automountServiceAccountToken: serviceAccount !== undefined,
      ...(serviceAccount === undefined ? {} : { serviceAccountName: serviceAccount }),
      // Variables that Services bring about, such as NEWSROOM_PORT, would be taken for settings.
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: user,
        runAsGroup: user,
        fsGroup: user,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      ...(spread ? { topologySpreadConstraints: [spread] } : {}),
    },
  };
}

function container(props: PodProps): k8s.Container {
  const { name, image, command, args, environment = {}, ports = {}, mounts = [], probes, preStop, resources } = props;
  return {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    ...(command ? { command: [...command] } : {}),
    ...(args ? { args: [...args] } : {}),
    ...lists({
      env: Object.entries(environment).map(([variable, value]) =>
        typeof value === 'string'
          ? { name: variable, value }
          : { name: variable, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: value.field } } },
      ),
      ports: Object.entries(ports).map(([port, containerPort]) => ({ name: port, containerPort, protocol: 'TCP' })),
      volumeMounts: mounts.map(({ mount }) => mount),
    }),
    ...probes,
    ...(preStop ? { lifecycle: { preStop: { exec: { command: [...preStop] } } } } : {}),
    resources: { requests: quantities(resources.requests), limits: quantities(resources.limits) },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
    },
  };
}

const quantities = ({ cpu, memory }: Amounts): Record<string, k8s.Quantity> => ({
  cpu: k8s.Quantity.fromString(cpu),
  memory: k8s.Quantity.fromString(memory),
});

/** Leaves out lists that are empty: the API server does not keep them, so that they would look like a change for ever. */
const lists = <T extends Record<string, readonly unknown[]>>(all: T): Partial<T> =>
  Object.fromEntries(Object.entries(all).filter(([, list]) => list.length > 0)) as Partial<T>;
