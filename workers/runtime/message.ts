// Reads a message's body where it is consumed, checked against its schema.
import type { MessageSchema } from '../contract/messages.ts';
import { validateMessage } from '../contract/validation.ts';
import { PoisonError } from './errors.ts';

/**
 * Parses and checks a JSON body.
 * @throws {PoisonError} naming the failing path
 */
export function readMessage<T>(type: MessageSchema, message: { readonly subject: string; string(): string }): T {
  let value: unknown;
  try {
    value = JSON.parse(message.string());
  } catch (error) {
    throw new PoisonError(`the message on ${message.subject} is not JSON`, { cause: error });
  }
  try {
    return validateMessage<T>(type, value);
  } catch (error) {
    throw new PoisonError(`the message on ${message.subject} breaks its schema`, { cause: error });
  }
}
