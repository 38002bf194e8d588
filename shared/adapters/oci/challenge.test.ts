import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chooseChallenge } from './challenge.ts';

const realm = 'https://auth.test/token';

it.each([
  [
    `Bearer realm="${realm}",service="reg",scope="repository:a/b:pull"`,
    { realm, service: 'reg', scope: 'repository:a/b:pull' },
  ],
  [`bearer  Realm = "${realm}" , SERVICE=reg`, { realm, service: 'reg' }],
  [`Bearer realm="${realm}",scope="repository:a/b:pull,push"`, { realm, scope: 'repository:a/b:pull,push' }],
  [`Bearer realm="${realm}",service="a \\"quoted\\" one"`, { realm, service: 'a "quoted" one' }],
  [`Basic realm="r", Bearer realm="${realm}"`, { realm }],
  [`Negotiate abc==, Bearer realm="${realm}", Basic realm="x"`, { realm }],
])('%s is Bearer', (header, expected) => {
  expect(chooseChallenge(header)).toEqual({ kind: 'bearer', service: undefined, scope: undefined, ...expected });
});

it.each([
  'Basic realm="r"',
  'BASIC',
  'Digest realm="d", nonce="n", Basic realm="a, Bearer b"',
  'Bearer realm="x", Basic',
])('%s is Basic', (header) => {
  expect(chooseChallenge(header)).toEqual({ kind: 'basic' });
});

it.each([
  undefined,
  '',
  'Bearer',
  'Bearer realm=""',
  'Digest realm="d"',
  '"',
  `Bearer realm="https://a.test/${'a'.repeat(9000)}"`,
])('%s is none that is known', (header) => {
  expect(chooseChallenge(header)).toBeUndefined();
});

it('never throws, and reads any quoted value back', () => {
  fc.assert(fc.property(fc.string(), (header) => void chooseChallenge(header)));
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (service) => {
      const quoted = service.replace(/["\\]/g, '\\$&').replace(/[\r\n\u2028\u2029]/g, ' ');
      expect(chooseChallenge(`Bearer realm="${realm}",service="${quoted}"`)).toMatchObject({
        service: service.replace(/[\r\n\u2028\u2029]/g, ' '),
      });
    }),
  );
});

it('takes time that grows with the length only', () => {
  const started = performance.now();
  for (const part of ['a', 'a="', '\\', ' =', ',', '"\\']) chooseChallenge(part.repeat(8192 / part.length));
  expect(performance.now() - started).toBeLessThan(1000);
});
