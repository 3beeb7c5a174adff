// A kind of object that is ours, as the API server has to know it.
import { ApiObject, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { CustomResourceDefinition } from '../../workers/contract/custom-resource.ts';

export class CustomResourceDefinitionChart extends Chart {
  constructor(scope: Construct, id: string, definition: CustomResourceDefinition) {
    super(scope, id);
    new ApiObject(this, 'definition', structuredClone(definition));
  }
}
