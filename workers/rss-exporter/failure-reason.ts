// Says in one sentence why a fetch failed, without what an address may keep secret.

/** Longest address in a sentence. */
const MAX_ADDRESS_LENGTH = 200;

/** Shortens an address to what may be shown: no credentials, query or fragment, which can hold tokens. */
export function describeAddress(address: string | URL): string {
  if (!URL.canParse(String(address))) return 'the address';
  const { protocol, host, pathname } = new URL(address);
  const text = host === '' ? `${protocol}${pathname}` : `${protocol}//${host}${pathname}`;
  return text.length > MAX_ADDRESS_LENGTH ? `${text.slice(0, MAX_ADDRESS_LENGTH)}…` : text;
}

/** Errors whose message is a sentence of ours. */
const OWN_ERRORS: ReadonlySet<string> = new Set([
  'AddressRefusedError',
  'BodyTooLargeError',
  'DamagedBodyError',
  'PollTimeoutError',
  'RedirectRefusedError',
  'UnexpectedResponseError',
  'UnsupportedEncodingError',
]);

const CLOSED_EARLY = 'the connection was closed before the response was complete';

const SENTENCES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: CLOSED_EARLY,
  EPIPE: CLOSED_EARLY,
  UND_ERR_SOCKET: CLOSED_EARLY,
  ETIMEDOUT: 'the host did not answer',
  EHOSTUNREACH: 'the host can not be reached',
  ENETUNREACH: 'the network can not be reached',
  UND_ERR_HEADERS_OVERFLOW: 'the response headers are too large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the body is not as long as its Content-Length says',
};

/**
 * Describes an error of a fetch. Of foreign errors only the code is shown: their messages may repeat the address.
 */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'failed for an unknown reason';
  if (OWN_ERRORS.has(error.name)) return error.message;
  // Node tries several addresses of a name and reports them together.
  const cause = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
  if (SENTENCES[code]) return SENTENCES[code];
  if (code === 'HTTPParserError') {
    // undici's parser gives no code; its message says what the parser met, such as `Invalid EOF state`.
    return cause.message.includes('EOF') ? CLOSED_EARLY : 'the response is not valid HTTP';
  }
  if (/CERT|TLS|SSL|EPROTO/.test(code)) return `the secure connection failed (${code})`;
  return `failed (${code})`;
}
