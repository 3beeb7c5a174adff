// A port of a Service that stands for the port of the same name in its pods.
import { k8s } from 'cdk8s-plus-27';

export const servicePort = (name: string, port: number): k8s.ServicePort => ({
  name,
  port,
  targetPort: k8s.IntOrString.fromString(name),
  protocol: 'TCP',
});
