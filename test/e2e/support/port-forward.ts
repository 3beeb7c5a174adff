// A tunnel to a pod that is dug anew whenever it caves in, always at the same port of this machine.
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../../local/ports.ts';

const RETRY_MS = 300;

/** Forwards a port of this machine to one of a pod, by `kubectl port-forward`, for as long as it is not closed. */
export class PortForward {
  readonly port: number;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  #closed = false;

  private constructor(args: readonly string[], port: number) {
    this.#args = args;
    this.port = port;
    void this.#keepUp();
  }

  static async open(context: string, namespace: string, pod: string, podPort: number): Promise<PortForward> {
    const [port] = (await freePorts(1)) as [number];
    const args = ['--context', context, '--namespace', namespace, 'port-forward', `pod/${pod}`, `${port}:${podPort}`];
    return new PortForward(args, port);
  }

  close(): void {
    this.#closed = true;
    this.#child?.kill('SIGKILL');
  }

  async #keepUp(): Promise<void> {
    while (!this.#closed) {
      // It ends by itself when a connection is lost with its pod, but says nothing more of use.
      this.#child = spawn('kubectl', this.#args, { stdio: 'ignore' });
      await new Promise<void>((resolve) => {
        this.#child?.once('exit', () => resolve());
        this.#child?.once('error', () => resolve());
      });
      // Not a wait for a condition: a pause before it is tried again.
      await delay(RETRY_MS);
    }
  }
}
