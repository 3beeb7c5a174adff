// Decides which IP addresses a feed may be read from, and connects only to addresses that were checked.
import { type LookupAddress, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { buildConnector } from 'undici';

/** Finds every address of a name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/** What may be connected to, and how names become addresses. */
export interface AddressPolicy {
  /** Lets everything through: the source reads feeds of a private network. */
  readonly allowPrivateAddresses: boolean;
  /** An exception for single addresses, whatever range they are in. @default none */
  readonly allowAddress?: (ip: string, port: number) => boolean;
  /** @default the operating system's resolver */
  readonly resolve?: Resolve;
}

/** A connection that was not made because of the range that its address is in. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';

  constructor(hostname: string, address: string, range: string) {
    const subject = hostname === address ? address : `${hostname} is at ${address}, which`;
    super(`${subject} is not a public address (${range}); allowPrivateAddresses: true on the source would allow it`);
  }
}

/** Where clouds tell their machines secrets; the second is a public address by its number. */
const METADATA_ADDRESSES: ReadonlySet<string> = new Set(['169.254.169.254', '168.63.129.16', 'fd00:ec2::254']);
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];
const NAT64: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('64:ff9b::'), 96];

/**
 * Names the range that makes an IP address unfit for a public feed, or returns null when it is a public one.
 * What carries an IPv4 address inside (IPv4-mapped, NAT64) is judged by that address; 6to4, Teredo and every other
 * transition form are refused, as is whatever is not allocated for global use.
 */
export function nonPublicRange(address: string): string | null {
  let parsed: ipaddr.IPv4 | ipaddr.IPv6;
  try {
    parsed = ipaddr.parse(address);
  } catch {
    return 'unreadable';
  }
  return parsed instanceof ipaddr.IPv6 ? ipv6Range(parsed) : ipv4Range(parsed);
}

function ipv4Range(address: ipaddr.IPv4): string | null {
  if (METADATA_ADDRESSES.has(address.toString())) return 'metadata';
  const range = address.range();
  return range === 'unicast' ? null : range;
}

function ipv6Range(address: ipaddr.IPv6): string | null {
  if (address.isIPv4MappedAddress()) return ipv4Range(address.toIPv4Address());
  if (address.match(...NAT64)) return ipv4Range(new ipaddr.IPv4(address.toByteArray().slice(12)));
  if (METADATA_ADDRESSES.has(address.toString())) return 'metadata';
  const range: string = address.range();
  if (range !== 'unicast') return range;
  // ipaddr.js calls unicast whatever it has no name for, such as ::7f00:1 (IPv4-compatible) or 4000::/3.
  return address.match(...GLOBAL_UNICAST) ? null : 'reserved';
}

/** @throws {AddressRefusedError} when the policy does not let `address` be connected to */
export function checkAddress(policy: AddressPolicy, hostname: string, address: string, port: number): void {
  if (policy.allowPrivateAddresses || policy.allowAddress?.(address, port)) return;
  const range = nonPublicRange(address);
  if (range !== null) throw new AddressRefusedError(hostname, address, range);
}

const resolveBySystem: Resolve = (hostname) =>
  new Promise((resolve, reject) => {
    lookup(hostname, { all: true, verbatim: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });

/**
 * Makes the `lookup` of one connection: resolves the name once, checks every address, and hands over exactly those, so
 * that what is connected to is what was checked. One refused address refuses the name: a public name that also points
 * inside is not to be trusted with the choice.
 */
export function guardedLookup(policy: AddressPolicy, port: number): LookupFunction {
  const resolve = policy.resolve ?? resolveBySystem;
  return (hostname, options, callback) => {
    resolve(hostname)
      .then((addresses) => {
        for (const { address } of addresses) checkAddress(policy, hostname, address, port);
        const [first] = addresses;
        if (!first) throw Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });
        return { first, addresses };
      })
      .then(
        ({ first, addresses }) =>
          options.all ? callback(null, [...addresses]) : callback(null, first.address, first.family),
        (error) => callback(error, '', 0),
      );
  };
}

/**
 * Makes undici's connector: every connection's address passes the policy, whether it was written in the URL (which
 * node connects to without a lookup) or came from a name.
 * @param ca certificates to trust instead of the system's
 */
export function guardedConnector(policy: AddressPolicy, timeoutMs: number, ca?: string): buildConnector.connector {
  return (options, callback) => {
    const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80);
    try {
      if (isIP(options.hostname)) checkAddress(policy, options.hostname, options.hostname, port);
    } catch (error) {
      queueMicrotask(() => callback(error as Error, null));
      return;
    }
    const connect = buildConnector({
      timeout: timeoutMs,
      lookup: guardedLookup(policy, port),
      ...(ca === undefined ? {} : { ca }),
    });
    connect(options, callback);
  };
}
