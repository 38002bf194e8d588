import { expect, it } from 'vitest';
import { createAddressRules, parseAllowEntry } from './address-rules.ts';

const anywhere = { host: 'example.com', port: 443 };

it.each([
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.255',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.7',
  '203.0.113.9',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:a9fe:a9fe',
  '::127.0.0.1',
  '64:ff9b::a00:1',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  '2001:0:1::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'febf::1',
  'fec0::1',
  'ff02::1',
  'not an address',
  '',
])('refuses %s', (address) => {
  expect(createAddressRules([]).permits(anywhere, address)).toBe(false);
});

it.each([
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.1',
  '169.253.0.1',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.1',
  '192.167.0.1',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2606:4700::1111',
  '2a00::1',
  '::ffff:8.8.8.8',
])('permits %s', (address) => {
  expect(createAddressRules([]).permits(anywhere, address)).toBe(true);
});

it.each([
  ['10.0.0.0/8', 'a.test', 443, '10.1.2.3', true],
  ['10.0.0.0/8', 'a.test', 443, '::ffff:10.1.2.3', true],
  ['10.0.0.0/8', 'a.test', 443, '192.168.0.1', false],
  ['fd00::/8', 'a.test', 443, 'fd12::1', true],
  ['fd00::/8', 'a.test', 443, '::1', false],
  ['127.0.0.1', 'localhost', 80, '127.0.0.1', true],
  ['127.0.0.1', 'localhost', 80, '127.0.0.2', false],
  ['127.0.0.1:5000', 'localhost', 5000, '127.0.0.1', true],
  ['127.0.0.1:5000', 'localhost', 5001, '127.0.0.1', false],
  ['[::1]:5000', '[::1]', 5000, '::1', true],
  ['::1', 'localhost', 1, '::1', true],
  ['registry.corp', 'registry.corp', 443, '10.0.0.1', true],
  ['registry.corp', 'Registry.Corp.', 443, '10.0.0.1', true],
  ['registry.corp', 'evil.registry.corp', 443, '10.0.0.1', false],
  ['registry.corp', 'other.corp', 443, '10.0.0.1', false],
  ['registry.corp:5000', 'registry.corp', 443, '10.0.0.1', false],
  ['registry.corp:5000', 'registry.corp', 5000, '10.0.0.1', true],
] as const)('allowing %s: %s port %i at %s -> %s', (allow, host, port, address, permitted) => {
  expect(createAddressRules([allow]).permits({ host, port }, address)).toBe(permitted);
});

it.each(['', ' ', 'http://a', 'a/b', '10.0.0.0/33', 'fd00::/129', 'a:0', 'a:70000', 'a:b', 'a b', '-a', '999.1.1.1/8'])(
  'does not take %j as an entry',
  (text) => {
    expect(parseAllowEntry(text)).toBeUndefined();
    expect(() => createAddressRules([text])).toThrow(RangeError);
  },
);
