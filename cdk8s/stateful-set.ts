// A StatefulSet whose claim templates say all that the API server would add to them.
import { ApiObject, JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';

/** What cdk8s does not write into a template. */
const REST = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', status: { phase: 'Pending' } };

/** The list of templates is compared as a whole, so that what is left out of one looks like a change for ever. */
export class StatefulSet extends ApiObject {
  constructor(scope: Construct, id: string, props: k8s.KubeStatefulSetProps) {
    super(scope, id, k8s.KubeStatefulSet.manifest(props));
    for (const index of props.spec?.volumeClaimTemplates?.keys() ?? []) {
      for (const [key, value] of Object.entries(REST)) {
        this.addJsonPatch(JsonPatch.add(`/spec/volumeClaimTemplates/${index}/${key}`, value));
      }
    }
  }
}
