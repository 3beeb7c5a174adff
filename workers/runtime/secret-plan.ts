// Reads the plan of Secrets, which the manifests bring as a file, for all who make something of it.
import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import type { SecretPlan } from '../contract/secret-plan.ts';
import { FatalError } from './errors.ts';

const text = { type: 'string', minLength: 1 } as const;
/** A Kubernetes name. */
const secret = { type: 'string', pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$', maxLength: 253 } as const;
const object = (properties: Readonly<Record<string, object>>, optional: readonly string[] = []): object => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((key) => !optional.includes(key)),
  // What an older version of this worker does not know can't be left out quietly.
  additionalProperties: false,
});
const list = (items: object): object => ({ type: 'array', items });

const validate = new Ajv({ allErrors: true }).compile<SecretPlan>(
  object(
    {
      authority: object({ secret, commonName: text }),
      certificates: list(
        object({
          secret,
          commonName: text,
          usages: { ...list({ enum: ['server auth', 'client auth'] }), minItems: 1, uniqueItems: true },
          names: list(text),
          combinedPem: { type: 'boolean' },
        }),
      ),
      credentials: list(object({ secret, username: text, uri: text }, ['uri'])),
    },
    ['authority'],
  ),
);

/**
 * Reads a plan.
 * @throws {FatalError} naming the file and everything that is wrong with it
 */
export async function readSecretPlan(file: string): Promise<SecretPlan> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    throw new FatalError(`PLAN names ${JSON.stringify(file)}, which can't be read`, { cause: error });
  }
  const problems: string[] = [];
  const plan = parseSecretPlan(content, problems);
  if (!plan)
    throw new FatalError(`PLAN names ${JSON.stringify(file)}, which is no plan of Secrets: ${problems.join('; ')}`);
  return plan;
}

/** Reads the text of a plan; undefined, with what is wrong added to the problems, when it is none. */
export function parseSecretPlan(content: string, problems: string[]): SecretPlan | undefined {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    problems.push(`not JSON: ${(error as Error).message}`);
    return undefined;
  }
  if (!validate(value)) {
    for (const { instancePath, message, params } of validate.errors ?? []) {
      const which = 'additionalProperty' in params ? `: ${params.additionalProperty}` : '';
      problems.push(`${instancePath || '/'} ${message}${which}`);
    }
    return undefined;
  }
  problems.push(...contradictions(value));
  return problems.length === 0 ? value : undefined;
}

/** What a schema can't say. */
function contradictions({ authority, certificates, credentials }: SecretPlan): string[] {
  const problems: string[] = [];
  if (!authority && certificates.length > 0) problems.push('there are certificates, and no authority to sign them');
  for (const [index, { usages, names }] of certificates.entries()) {
    const server = usages.includes('server auth');
    if (!usages.includes('client auth')) {
      problems.push(`/certificates/${index}/usages must hold client auth: servers connect to each other`);
    }
    if (server !== names.length > 0) {
      problems.push(
        `/certificates/${index}/names must ${server ? '' : 'not '}be given to what ${server ? 'is a' : 'is no'} server`,
      );
    }
  }
  const seen = new Set<string>();
  for (const { secret: name } of [...(authority ? [authority] : []), ...certificates, ...credentials]) {
    if (seen.has(name)) problems.push(`the Secret ${name} is planned twice`);
    seen.add(name);
  }
  return problems;
}
