// How the kubelet asks containers for their health.
import { k8s } from 'cdk8s-plus-27';

/** How often, how patiently and how many times in a row. */
export interface ProbeTiming {
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

/** Asks a path of a named port. */
export const httpProbe = (port: string, path: string, timing: ProbeTiming): k8s.Probe => ({
  httpGet: { port: k8s.IntOrString.fromString(port), path },
  ...timing,
});

/** Opens a named port, and no more. */
export const tcpProbe = (port: string, timing: ProbeTiming): k8s.Probe => ({
  tcpSocket: { port: k8s.IntOrString.fromString(port) },
  ...timing,
});

/**
 * Enough for what a pod waits for at its start: its Secret, the servers, their leaders. Asked often, for a replica that is there
 * because of a flood is needed at once.
 */
export const STARTING: ProbeTiming = { periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 300 };
export const READY: ProbeTiming = { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 };
/** Later than readiness: who is busy is spared for a while before he is ended. */
export const ALIVE: ProbeTiming = { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 };
