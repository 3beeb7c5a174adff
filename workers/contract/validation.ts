// Checks messages against their schemas, where they are produced and where they are consumed.
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import type { MessageSchema } from './messages.ts';

const ajv = new Ajv({ allErrors: false, strict: true, allowUnionTypes: true });
formats.default(ajv, ['date-time']);
const dateTime = ajv.formats['date-time'] as { readonly validate: (text: string) => boolean };
// A leap second is a date-time of RFC 3339, but none that a Date can hold.
ajv.addFormat('date-time', (text: string) => dateTime.validate(text) && !Number.isNaN(Date.parse(text)));
const compiled = new Map<MessageSchema, ValidateFunction>();

/** A message that does not follow its schema; the message names the failing path, never the whole body. */
export class InvalidMessageError extends Error {
  override readonly name = 'InvalidMessageError';
  /** JSON Pointer of what is wrong, `/` for the whole. */
  readonly path: string;

  constructor(type: MessageSchema, error: Pick<ErrorObject, 'instancePath' | 'message' | 'params'>) {
    const path = error.instancePath || '/';
    super(`not a valid ${type.subject}/${type.version} message: ${path} ${error.message ?? 'is invalid'}`);
    this.path = path;
  }
}

/**
 * Returns the value, typed, when it follows the schema.
 * @throws {InvalidMessageError} naming the failing path
 */
export function validateMessage<T>(type: MessageSchema, value: unknown): T {
  let validate = compiled.get(type);
  if (!validate) {
    validate = ajv.compile(type.schema);
    compiled.set(type, validate);
  }
  if (!validate(value)) {
    throw new InvalidMessageError(type, (validate.errors as ErrorObject[])[0] as ErrorObject);
  }
  return value as T;
}
