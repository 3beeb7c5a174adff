// Kinds of objects and their addresses at the API server, built-in and custom alike.
import type { KubernetesObject, ObjectName } from './object.ts';

declare const objectOf: unique symbol;

/** A kind of object; the type parameter is what its objects look like. */
export interface Resource<T extends KubernetesObject = KubernetesObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** As in addresses and in RBAC rules, such as `deployments`. */
  readonly plural: string;
  /** Such as `Deployment`. */
  readonly kind: string;
  /** Never there: it ties the kind to the type of its objects. */
  readonly [objectOf]?: T;
}

/** Describes a kind of object, such as `{ group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment' }`. */
export const defineResource = <T extends KubernetesObject>(resource: Omit<Resource, typeof objectOf>): Resource<T> =>
  resource;

/** Such as `apps/v1`, or `v1` for the core group. */
export const apiVersionOf = ({ group, version }: Resource): string => (group ? `${group}/${version}` : version);

/** A resource as RBAC names it, such as `deployments.apps/scale`. */
export function qualifiedName({ group, plural }: Resource, subresource?: string): string {
  return `${plural}${group ? `.${group}` : ''}${subresource ? `/${subresource}` : ''}`;
}

/** The address of an object, or of all objects of a kind when there is no name. */
export function pathOf(resource: Resource, { namespace, name }: Partial<ObjectName>, subresource?: string): string {
  const parts = [resource.group ? 'apis' : 'api', resource.group, resource.version];
  if (namespace !== undefined) parts.push('namespaces', namespace);
  parts.push(resource.plural);
  if (name !== undefined) parts.push(name, subresource ?? '');
  return `/${parts
    .filter((part) => part !== '')
    .map(encodeURIComponent)
    .join('/')}`;
}
