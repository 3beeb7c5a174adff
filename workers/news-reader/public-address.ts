// The address under which whoever asks knows us: what feeds say about where they are.
import type { IncomingHttpHeaders } from 'node:http';
import { QuestionError } from './question.ts';

/** A name, an IPv4 or an IPv6 address, and a port if there is one. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/**
 * Computes scheme and host, such as `https://news.example.org`: from what a proxy says of the request, or from the request.
 * @param publicUrl comes before both, unless it is empty
 * @throws {QuestionError} when the host is none
 */
export function publicAddress(headers: IncomingHttpHeaders, publicUrl: string): string {
  if (publicUrl !== '') return publicUrl;
  const forwarded = first(headers['x-forwarded-host']);
  const host = forwarded ?? headers.host ?? '';
  const address = `${first(headers['x-forwarded-proto']) === 'https' ? 'https' : 'http'}://${host}`;
  if (!HOST.test(host) || !URL.canParse(address)) {
    const header = forwarded === undefined ? 'Host' : 'X-Forwarded-Host';
    throw new QuestionError(`the header ${header} is no host; allowed: a name or an address, and a port`);
  }
  return address;
}

/** Of what several proxies have added, the first says how it began. */
const first = (value: string | string[] | undefined): string | undefined => {
  const text = (Array.isArray(value) ? value[0] : value)?.split(',')[0]?.trim();
  return text === '' ? undefined : text;
};
