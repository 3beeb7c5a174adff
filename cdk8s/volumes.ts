// Volumes together with where a container finds them, so that the two can't come apart.
import { k8s } from 'cdk8s-plus-27';

/** A volume of a pod and its place in the container. */
export interface MountedVolume {
  /** Undefined for a claim of the workload's own, which has the mount's name. */
  readonly volume?: k8s.Volume;
  readonly mount: k8s.VolumeMount;
}

/** Readable by the pod's group alone, which is its user's. */
const SECRET_MODE = 0o440;

/**
 * Mounts a Secret.
 * @param options.keys the keys that the container may see. @default all
 * @param options.optional whether the pod starts without it; it appears once it is created. @default false
 */
export function secretVolume(
  name: string,
  secretName: string,
  mountPath: string,
  options: { readonly keys?: readonly string[]; readonly optional?: boolean } = {},
): MountedVolume {
  const { keys, optional } = options;
  const items = keys?.map((key) => ({ key, path: key }));
  return {
    volume: {
      name,
      secret: {
        secretName,
        defaultMode: SECRET_MODE,
        ...(items ? { items } : {}),
        ...(optional ? { optional } : {}),
      },
    },
    mount: { name, mountPath, readOnly: true },
  };
}

export const configMapVolume = (name: string, configMap: string, mountPath: string): MountedVolume => ({
  volume: { name, configMap: { name: configMap } },
  mount: { name, mountPath, readOnly: true },
});

/** A directory that lives as long as the pod. */
export const scratchVolume = (name: string, mountPath: string, size: string): MountedVolume => ({
  volume: { name, emptyDir: { sizeLimit: k8s.Quantity.fromString(size) } },
  mount: { name, mountPath },
});

/** The claim that a StatefulSet makes for each of its pods. */
export const claimedVolume = (name: string, mountPath: string): MountedVolume => ({ mount: { name, mountPath } });

/** Size of a claim and the class that it is made of. */
export interface ClaimProps {
  readonly name: string;
  readonly size: string;
  /** @default the cluster's default class */
  readonly storageClass: string | undefined;
}

/** The template of a claim, for a StatefulSet of ours, which adds the rest. */
export const claimTemplate = ({ name, size, storageClass }: ClaimProps): k8s.KubePersistentVolumeClaimProps => ({
  metadata: { name },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: k8s.Quantity.fromString(size) } },
    volumeMode: 'Filesystem',
    ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
  },
});
