// A pod that is none of ours, and what it can reach.

import type { Kubectl } from '../../../kind/kubectl.ts';
import { waitFor } from '../../../local/wait.ts';

/** Longer than a connection in a cluster takes, and shorter than a dropped packet is sent again for. */
const CONNECT_TIMEOUT_MS = 4_000;
const START_TIMEOUT_MS = 120_000;

/** Starts a pod that waits, or that serves a word on a port, and removes one of that name that was left there. */
export async function startStrayPod(
  kubectl: Kubectl,
  pod: { readonly name: string; readonly image: string; readonly port?: number },
): Promise<void> {
  await removeStrayPod(kubectl, pod.name);
  const serve = `require('node:http').createServer((_, answer) => answer.end('hello')).listen(${pod.port ?? 0})`;
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod.name, labels: { 'app.kubernetes.io/name': pod.name } },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'stray',
          image: pod.image,
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '-e', serve],
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            readOnlyRootFilesystem: true,
          },
        },
      ],
    },
  };
  await kubectl.run(['apply', '--filename', '-'], { input: JSON.stringify(manifest) });
  await waitFor(`pod ${pod.name} runs`, START_TIMEOUT_MS, async () => {
    const [found] = await kubectl.list(['pods'], `app.kubernetes.io/name=${pod.name}`);
    return found?.status?.phase === 'Running' && found.status.podIP;
  });
}

export async function removeStrayPod(kubectl: Kubectl, name: string): Promise<void> {
  await kubectl.run(['delete', 'pod', name, '--ignore-not-found', '--wait=true']);
}

/** What came of an attempt to connect. */
export type Reach = 'connected' | 'refused' | 'timed out';

/** Tries to open a TCP connection from within a pod, whose image has Node. */
export async function reach(kubectl: Kubectl, pod: string, host: string, port: number): Promise<Reach> {
  const attempt = `
    const socket = require('node:net').connect(${port}, '${host}');
    const end = (word) => { console.log(word); process.exit(0); };
    socket.setTimeout(${CONNECT_TIMEOUT_MS}, () => end('timed out'));
    socket.on('connect', () => end('connected'));
    socket.on('error', (error) => end(error.code === 'ECONNREFUSED' ? 'refused' : error.code === 'ETIMEDOUT' ? 'timed out' : error.code));
  `;
  return (await kubectl.run(['exec', pod, '--', 'node', '-e', attempt])).trim() as Reach;
}
