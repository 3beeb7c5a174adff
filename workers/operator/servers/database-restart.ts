// Has mongod take up a new certificate: it reads it when it starts, so its StatefulSet rolls, and news wait in their stream.
import type { Logger } from '../../runtime/log.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { NotFoundError } from '../kubernetes/errors.ts';
import type { ObjectName } from '../kubernetes/object.ts';
import { defineResource } from '../kubernetes/resource.ts';
import { CERTIFICATE_ANNOTATION } from './server-reloader.ts';

export interface DatabaseRestartOptions {
  /** The StatefulSet. */
  readonly target: ObjectName;
  readonly client: Pick<KubernetesClient, 'patch'>;
  readonly log: Logger;
}

export const STATEFUL_SETS = defineResource({
  group: 'apps',
  version: 'v1',
  plural: 'statefulsets',
  kind: 'StatefulSet',
});

export class DatabaseRestart {
  readonly #options: DatabaseRestartOptions;
  #told: string | undefined;

  constructor(options: DatabaseRestartOptions) {
    this.#options = options;
  }

  /** Sees to it that pods run with a certificate or a later one; where they were told so before, nothing changes. */
  async settle(serial: string, signal: AbortSignal): Promise<void> {
    if (this.#told === serial) return;
    const { target, client, log } = this.#options;
    const template = { metadata: { annotations: { [CERTIFICATE_ANNOTATION]: serial } } };
    try {
      await client.patch(STATEFUL_SETS, target, { spec: { template } }, { signal });
      log.info(
        { statefulSet: target.name, serial },
        'the database runs with its new certificate, after a restart if it has to',
      );
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      log.warn({ statefulSet: target.name }, 'there is no such StatefulSet to restart');
    }
    this.#told = serial;
  }
}
