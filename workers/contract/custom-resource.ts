// What the CRDs are made of: structural schemas with a description on everything, conditions, columns of `kubectl get`.

/** A structural schema, as the API server wants it: OpenAPI v3, a description on everything. */
export interface Schema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly format?: 'date-time' | 'int32' | 'int64' | 'double';
  readonly default?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly 'x-kubernetes-list-type'?: 'map' | 'atomic';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

/** What a condition says of its type. */
export const CONDITION_STATES = ['True', 'False', 'Unknown'] as const;

/** A whole number of at least so much. */
export const count = (description: string, minimum: number, more: Partial<Schema> = {}): Schema => ({
  ...{ type: 'integer', format: 'int32', description, minimum },
  ...more,
});
export const time = (description: string): Schema => ({ type: 'string', format: 'date-time', description });
export const choice = (description: string, values: readonly string[]): Schema => ({
  ...{ type: 'string', description },
  enum: values,
});

/** The conditions of a status, by their type. */
export const conditions = (description: string, types: readonly string[], explained: string): Schema => ({
  type: 'array',
  description,
  items: {
    type: 'object',
    description: 'One thing that is so, or not, and why.',
    required: ['type', 'status', 'reason', 'message', 'lastTransitionTime', 'observedGeneration'],
    properties: {
      type: choice(explained, types),
      status: choice('Whether it is so.', CONDITION_STATES),
      reason: {
        ...{ type: 'string', description: 'Why, in one word.', maxLength: 1_024 },
        pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
      },
      message: { type: 'string', description: 'Why, as a sentence with its numbers.', maxLength: 32_768 },
      lastTransitionTime: time('When status last changed.'),
      observedGeneration: count('The generation of the spec that this was true for.', 0, { format: 'int64' }),
    },
  },
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
});

/** A column of `kubectl get`. */
export const column = (name: string, type: 'string' | 'integer' | 'date', jsonPath: string, description: string) => ({
  ...{ name, type, jsonPath },
  description,
});

/** What tells one CRD from another. */
export interface CustomResource {
  readonly names: { readonly group: string; readonly version: string; readonly plural: string; readonly kind: string };
  readonly shortName: string;
  readonly schema: Schema;
  readonly columns: readonly ReturnType<typeof column>[];
}

/** The CustomResourceDefinition of a namespaced kind in one version, as it is applied. */
export const customResourceDefinition = ({ names, shortName, schema, columns }: CustomResource) => {
  const { group, version, plural, kind } = names;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: { 'app.kubernetes.io/part-of': 'newsjet' } },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        ...{ kind, listKind: `${kind}List`, plural },
        ...{ singular: kind.toLowerCase(), shortNames: [shortName], categories: ['newsjet'] },
      },
      versions: [
        {
          ...{ name: version, served: true, storage: true },
          schema: { openAPIV3Schema: schema },
          subresources: { status: {} },
          additionalPrinterColumns: columns,
        },
      ] as const,
    },
  } as const;
};

export type CustomResourceDefinition = ReturnType<typeof customResourceDefinition>;
