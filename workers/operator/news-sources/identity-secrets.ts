// The Secrets of the identities that NewsSources call for: created when they are missing, and from then on renewed like all
// others. Each holds a certificate that the authority of charts/ signs.
import { certificateSecret, MANAGED_LABELS } from '../../../certs/secrets.ts';
import { readAuthority } from '../../../certs/signing-authority.ts';
import type { PlannedCertificate } from '../../contract/secret-plan.ts';
import type { Logger } from '../../runtime/log.ts';
import { decodeSecret, encodeData, SECRETS } from '../certificates/secret-object.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { AlreadyExistsError, NotFoundError } from '../kubernetes/errors.ts';
import type { OwnerReference } from '../kubernetes/object.ts';
import { SOURCE_LABEL } from './resources.ts';

export interface IdentitySecretsOptions {
  readonly namespace: string;
  /** Name of the authority's Secret. */
  readonly authority: string;
  readonly client: Pick<KubernetesClient, 'get' | 'create' | 'delete'>;
  readonly log: Logger;
}

export class IdentitySecrets {
  readonly #options: IdentitySecretsOptions;

  constructor(options: IdentitySecretsOptions) {
    this.#options = options;
  }

  /** Whether there is a Secret of this name. */
  async has(name: string, signal: AbortSignal): Promise<boolean> {
    const { client, namespace } = this.#options;
    try {
      await client.get(SECRETS, { namespace, name }, { signal });
      return true;
    } catch (error) {
      if (error instanceof NotFoundError) return false;
      throw error;
    }
  }

  /** Creates the Secret if it is missing. What is there already is left to the renewal of certificates. */
  async ensure(
    planned: PlannedCertificate,
    place: { readonly source: string; readonly owner: OwnerReference | undefined },
    signal: AbortSignal,
  ): Promise<void> {
    if (await this.has(planned.secret, signal)) return;
    const { client, namespace, authority: name, log } = this.#options;
    const { data } = decodeSecret(await client.get(SECRETS, { namespace, name }, { signal }));
    const authority = readAuthority(data, new Date());
    if (typeof authority === 'string') throw new Error(`the Secret ${name} can't sign certificates: ${authority}`);
    const secret = await certificateSecret(planned, authority);
    const metadata = {
      ...{ namespace, name: secret.name, labels: { ...MANAGED_LABELS, [SOURCE_LABEL]: place.source } },
      ...(place.owner && { ownerReferences: [place.owner] }),
    };
    try {
      await client.create(SECRETS, { metadata, type: secret.type, data: encodeData(secret.data) }, { signal });
      log.info({ secret: secret.name }, 'created');
    } catch (error) {
      if (!(error instanceof AlreadyExistsError)) throw error;
    }
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    const { client, namespace } = this.#options;
    try {
      await client.delete(SECRETS, { namespace, name }, { signal });
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
}
