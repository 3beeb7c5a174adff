import { expect, it } from 'vitest';
import { addressFor } from './user-address.ts';

const USER = { name: 'newsjet', password: 'p@ss/w:rd', database: 'news', role: 'read' } as const;

it.each([
  ['mongodb://root:x@mongodb:27017/?authSource=admin', 'mongodb:27017/?authSource=news'],
  ['mongodb://mongodb', 'mongodb/?authSource=news'],
  ['mongodb://root:a%40b@a:1,b:2/admin?replicaSet=rs&tls=true', 'a:1,b:2/?replicaSet=rs&tls=true&authSource=news'],
  ['mongodb://a/?tlsCAFile=/etc/ca.crt', 'a/?tlsCAFile=%2Fetc%2Fca.crt&authSource=news'],
  ['mongodb://CN%3Droot@a/?authMechanism=MONGODB-X509', 'a/?authSource=news'],
  ['mongodb://root:x@[::1]:27017/', '[::1]:27017/?authSource=news'],
])('makes of %s one for the user', (address, expected) => {
  expect(addressFor(address, USER)).toBe(`mongodb://newsjet:p%40ss%2Fw%3Ard@${expected}`);
});

it('keeps the scheme', () => {
  expect(addressFor('mongodb+srv://r:x@cluster.example/?w=1', USER)).toMatch(
    /^mongodb\+srv:.*@cluster\.example\/\?w=1&/,
  );
});

it('refuses what is no address, without showing it', () => {
  expect(() => addressFor('http://root:secret@host', USER)).toThrow(/^not an address of a database: expected mongodb:/);
});
