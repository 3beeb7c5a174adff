// Which addresses are refused, in every form, and that a lookup hands over only what it checked.
import type { LookupAddress } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { AddressRefusedError, guardedLookup, nonPublicRange, type Resolve } from './address-guard.ts';

describe('nonPublicRange', () => {
  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.0.9', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'carrierGradeNat'],
    ['100.127.255.255', 'carrierGradeNat'],
    ['169.254.1.1', 'linkLocal'],
    ['169.254.169.254', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['192.0.0.192', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['203.0.113.7', 'reserved'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::7f00:1', 'reserved'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::ffff:a9fe:a9fe', 'metadata'],
    ['::ffff:0:127.0.0.1', 'rfc6145'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['64:ff9b::a9fe:a9fe', 'metadata'],
    ['64:ff9b:1::1', 'rfc6052'],
    ['2002:7f00:1::', '6to4'],
    ['2002:808:808::', '6to4'],
    ['2001:0:1::1', 'teredo'],
    ['2001:db8::1', 'reserved'],
    ['fc00::1', 'uniqueLocal'],
    ['fd12:3456::1', 'uniqueLocal'],
    ['fd00:ec2::254', 'metadata'],
    ['fe80::1', 'linkLocal'],
    ['fe80::1%eth0', 'linkLocal'],
    ['fec0::1', 'deprecatedSiteLocal'],
    ['ff02::1', 'multicast'],
    ['4000::1', 'reserved'],
    ['not an address', 'unreadable'],
    ['', 'unreadable'],
  ])('refuses %s as %s', (address, range) => {
    expect(nonPublicRange(address)).toBe(range);
  });

  test.each([
    '1.1.1.1',
    '172.15.0.1',
    '172.32.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '2606:4700::1111',
    '64:ff9b::808:808',
  ])('lets %s pass', (address) => {
    expect(nonPublicRange(address)).toBeNull();
  });
});

describe('guardedLookup', () => {
  const answer =
    (...addresses: string[]): Resolve =>
    async () =>
      addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }));

  function look(resolve: Resolve, all: boolean, allowPrivateAddresses = false) {
    return new Promise<{ error: Error | null; addresses: unknown }>((settle) => {
      guardedLookup({ allowPrivateAddresses, resolve }, 80)('feeds.example.test', { all }, (error, addresses) =>
        settle({ error, addresses }),
      );
    });
  }

  test('hands over exactly the addresses that it checked', async () => {
    const addresses = ['2606:4700::1111', '1.1.1.1'];
    expect(await look(answer(...addresses), true)).toEqual({
      error: null,
      addresses: [
        { address: '2606:4700::1111', family: 6 },
        { address: '1.1.1.1', family: 4 },
      ],
    });
    expect(await look(answer(...addresses), false)).toEqual({ error: null, addresses: '2606:4700::1111' });
  });

  test.each([
    [['1.1.1.1', '10.0.0.1']],
    [['10.0.0.1', '1.1.1.1']],
    [['1.1.1.1', '::ffff:127.0.0.1']],
    [['169.254.169.254']],
  ])('refuses a name with the addresses %j', async (addresses) => {
    const { error } = await look(answer(...addresses), true);
    expect(error).toBeInstanceOf(AddressRefusedError);
    expect(error?.message).toMatch(/^feeds\.example\.test is at .*not a public address/);
  });

  test('lets private addresses pass where the source allows them', async () => {
    expect((await look(answer('10.0.0.1'), false, true)).addresses).toBe('10.0.0.1');
  });

  test('a name without an address is a name that is not known', async () => {
    expect((await look(answer(), true)).error).toMatchObject({ code: 'ENOTFOUND' });
  });

  test('passes on what the resolver fails with', async () => {
    const failure = new Error('no answer');
    expect((await look(() => Promise.reject(failure), true)).error).toBe(failure);
  });
});
