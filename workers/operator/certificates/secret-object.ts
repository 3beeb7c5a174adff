// Secrets as the API server has them, and as they are worked with here: with their data decoded.
import { MANAGED_LABELS } from '../../../certs/secrets.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { defineResource } from '../kubernetes/resource.ts';

export interface SecretObject extends KubernetesObject {
  readonly type?: string;
  /** Base64. */
  readonly data?: Readonly<Record<string, string>>;
}

export const SECRETS = defineResource<SecretObject>({ group: '', version: 'v1', plural: 'secrets', kind: 'Secret' });

/** What counts of a Secret. */
export interface StoredSecret {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string>>;
}

export const decodeSecret = ({ metadata, data = {} }: SecretObject): StoredSecret => ({
  labels: metadata.labels ?? {},
  annotations: metadata.annotations ?? {},
  data: mapValues(data, (value) => Buffer.from(value, 'base64').toString()),
});

export const encodeData = (data: StoredSecret['data']): Record<string, string> =>
  mapValues(data, (value) => Buffer.from(value).toString('base64'));

/** Whether a Secret was made by us, and not brought by the user: only then is it ours to change. */
export const isOurs = ({ labels }: StoredSecret): boolean =>
  Object.entries(MANAGED_LABELS).every(([label, value]) => labels[label] === value);

const mapValues = (record: Readonly<Record<string, string>>, map: (value: string) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
