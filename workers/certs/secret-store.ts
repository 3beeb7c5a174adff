// What the worker needs of a cluster: to read Secrets by their names and to create those that are missing.
import type { Secret } from '../../certs/secrets.ts';

/** Keeps Secrets. It can neither list nor change any. */
export interface SecretStore {
  /** Undefined when there is none of that name. */
  get(name: string): Promise<Secret | undefined>;
  /** False when there is one of that name already, which is left as it is. */
  create(secret: Secret): Promise<boolean>;
}
