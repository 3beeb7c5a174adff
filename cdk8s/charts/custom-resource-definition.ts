// A kind of object that is ours, as the API server has to know it.
import { ApiObject, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { NEWS_SOURCE_CRD } from '../../workers/contract/news-source-crd.ts';
import type { WORKER_SCALER_CRD } from '../../workers/contract/worker-scaler-crd.ts';

export class CustomResourceDefinitionChart extends Chart {
  constructor(scope: Construct, id: string, definition: typeof WORKER_SCALER_CRD | typeof NEWS_SOURCE_CRD) {
    super(scope, id);
    new ApiObject(this, 'definition', structuredClone(definition));
  }
}
