// What JetStream answers where it has not got what it is asked for.
import { NatsError } from 'nats';

export const CONSUMER_NOT_FOUND = 10_014;
export const MESSAGE_NOT_FOUND = 10_037;
export const STREAM_NOT_FOUND = 10_059;
/** Without its stream there is no consumer either. */
export const NO_CONSUMER: readonly number[] = [CONSUMER_NOT_FOUND, STREAM_NOT_FOUND];

/**
 * Asks JetStream for something that may not be there.
 * @param codes JetStream's codes (err_code) that say so
 * @returns undefined where it is not
 * @throws whatever else was refused or failed
 */
export async function unlessMissing<T>(codes: readonly number[], ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const code = error instanceof NatsError ? error.api_error?.err_code : undefined;
    if (code !== undefined && codes.includes(code)) return undefined;
    throw error;
  }
}
