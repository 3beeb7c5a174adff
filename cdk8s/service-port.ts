// Ports of Services, which stand for the port of the same name in their pods.
import { k8s } from 'cdk8s-plus-27';

export const servicePort = (name: string, port: number): k8s.ServicePort => ({
  name,
  port,
  targetPort: k8s.IntOrString.fromString(name),
  protocol: 'TCP',
});

/** The only port of a Service, on every node too where a number is given for that. */
export const nodePortOf = (
  port: k8s.ServicePort,
  nodePort: number | undefined,
): Pick<k8s.ServiceSpec, 'type' | 'ports'> =>
  nodePort === undefined ? { ports: [port] } : { type: 'NodePort', ports: [{ ...port, nodePort }] };
