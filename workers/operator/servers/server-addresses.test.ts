import { expect, it } from 'vitest';
import { parseServers } from './server-addresses.ts';

it('reads names, hosts and ports', () => {
  expect(parseServers(['nats-0=nats-0.nats-headless:4222', 'nats-1=127.0.0.1:4223'])).toEqual([
    { name: 'nats-0', host: 'nats-0.nats-headless', port: 4222 },
    { name: 'nats-1', host: '127.0.0.1', port: 4223 },
  ]);
});

it.each(['', 'nats-0', 'nats-0:4222', 'nats-0=host', 'nats-0=host:x', 'nats-0=tls://host:4222'])(
  'refuses %j',
  (text) => {
    expect(() => parseServers([text])).toThrow(`NATS_SERVERS has ${JSON.stringify(text)}`);
  },
);
