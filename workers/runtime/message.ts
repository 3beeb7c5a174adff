// Reads a message's body where it is consumed, checked against its schema.
import type { MsgHdrs } from 'nats';
import { type MessageSchema, schemaHeader } from '../contract/messages.ts';
import { HEADER } from '../contract/subjects.ts';
import { validateMessage } from '../contract/validation.ts';
import { PoisonError } from './errors.ts';

/** Characters of a header that an error repeats. */
const MAX_SHOWN = 100;

/** What is read of a message. */
export interface ReadableMessage {
  readonly subject: string;
  readonly headers?: MsgHdrs | undefined;
  string(): string;
}

/**
 * Parses and checks a JSON body. A message that says it follows another version is read as this one, for versions are compatible; one
 * without a word on it, too.
 * @throws {PoisonError} naming the failing path, or the other type that the message says it is of
 */
export function readMessage<T>(type: MessageSchema, message: ReadableMessage): T {
  const said = message.headers?.get(HEADER.schema);
  if (said && !said.startsWith(`${type.subject}/`)) {
    throw new PoisonError(
      `the message on ${message.subject} says that it follows ${JSON.stringify(said.slice(0, MAX_SHOWN))}, not ${schemaHeader(type)}`,
    );
  }
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
