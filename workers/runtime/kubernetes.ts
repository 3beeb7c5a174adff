// The connection to the API server of the cluster that a worker runs in.
import { existsSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { FatalError } from './errors.ts';

/** Where Kubernetes puts the token of a pod's service account. */
const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * Finds the API server: the file that KUBECONFIG names, or else the cluster whose pod this is.
 * @throws {FatalError} where there is neither, or the file can't be used
 */
export function connectKubernetes(): KubeConfig {
  const config = new KubeConfig();
  const file = process.env.KUBECONFIG;
  if (file) {
    try {
      config.loadFromFile(file);
    } catch (error) {
      throw new FatalError(`KUBECONFIG names ${JSON.stringify(file)}, which can't be used`, { cause: error });
    }
  } else if (existsSync(TOKEN_FILE)) {
    config.loadFromCluster();
  } else {
    throw new FatalError(
      `no API server is configured: set KUBECONFIG, or run in a pod with a service account (no ${TOKEN_FILE})`,
    );
  }
  return config;
}
