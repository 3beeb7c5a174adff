// The kinds of objects that are ours, as the API server has to know them.
import { ApiObject, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { WORKER_SCALER_CRD } from '../../workers/contract/worker-scaler-crd.ts';

export class CustomResourceDefinitionsChart extends Chart {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new ApiObject(this, 'worker-scalers', structuredClone(WORKER_SCALER_CRD));
  }
}
