// Asks a cluster by kubectl, always by the name of its context: whichever cluster is current stays so.
import { type ProgramOptions, runProgram } from './program.ts';

/** An object as the API server gives it; what is read of it is named where it is read. */
export interface KubeObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  // biome-ignore lint/suspicious/noExplicitAny: objects of any kind.
  readonly spec: any;
  // biome-ignore lint/suspicious/noExplicitAny: objects of any kind.
  readonly status?: any;
}

export class Kubectl {
  readonly #context: string;
  readonly #namespace: string;

  constructor(context: string, namespace: string) {
    this.#context = context;
    this.#namespace = namespace;
  }

  /**
   * Runs kubectl in the namespace.
   * @throws {ProgramError}
   */
  run(args: readonly string[], options: ProgramOptions = {}): Promise<string> {
    return runProgram('kubectl', ['--context', this.#context, '--namespace', this.#namespace, ...args], options);
  }

  /** Lists objects of some kinds. */
  async list(kinds: readonly string[], selector?: string): Promise<KubeObject[]> {
    const chosen = selector === undefined ? [] : ['--selector', selector];
    const { items } = JSON.parse(await this.run(['get', kinds.join(','), '--output', 'json', ...chosen])) as {
      items: KubeObject[];
    };
    return items;
  }
}
