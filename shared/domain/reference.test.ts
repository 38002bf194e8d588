import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDigest } from './digest.ts';
import { imageReference, isRepository, isTag, parseReference, splitRepository } from './reference.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`) ?? expect.fail('no digest');

describe('parseReference', () => {
  it.each([
    ['nginx', 'docker.io', 'library/nginx', undefined, undefined],
    ['team/shop:1.0', 'docker.io', 'team/shop', '1.0', undefined],
    ['index.docker.io/nginx', 'docker.io', 'library/nginx', undefined, undefined],
    ['docker.io/team/shop', 'docker.io', 'team/shop', undefined, undefined],
    ['localhost/shop', 'localhost', 'shop', undefined, undefined],
    ['localhost:8080/team/shop:1.0', 'localhost:8080', 'team/shop', '1.0', undefined],
    ['registry.local/team/shop:1.0', 'registry.local', 'team/shop', '1.0', undefined],
    ['Registry.Example.com/shop', 'registry.example.com', 'shop', undefined, undefined],
    [`r.io/a/b/c@${digest}`, 'r.io', 'a/b/c', undefined, digest],
    [`r.io:5000/a:V1_x-y.z@${digest}`, 'r.io:5000', 'a', 'V1_x-y.z', digest],
    ['[::1]:5000/a:t', '[::1]:5000', 'a', 't', undefined],
    ['r.io/a__b/c---d/e.f_g', 'r.io', 'a__b/c---d/e.f_g', undefined, undefined],
    ['r/shop', 'docker.io', 'r/shop', undefined, undefined],
    [`r.io/${'a'.repeat(64)}`, 'r.io', 'a'.repeat(64), undefined, undefined],
  ])('%s', (text, registry, path, tag, wanted) => {
    const repository = `${registry}/${path}`;
    expect(parseReference(text)).toEqual({ registry, path, repository, tag, digest: wanted, text });
  });

  it.each([
    '',
    '/',
    'r.io/',
    '/shop',
    'r.io//shop',
    'r.io/Shop',
    'r.io/shop:',
    'r.io/shop:-x',
    `r.io/shop:${'t'.repeat(129)}`,
    'r.io/shop@sha256:abc',
    `r.io/shop@${digest.toUpperCase()}`,
    `r.io/shop@sha512:${'a'.repeat(128)}`,
    `r.io/shop@${digest}@${digest}`,
    'r.io/shop:1:2',
    'r.io/a___b',
    'r.io/a._b',
    'r.io/-a',
    'r.io/a-',
    'r.io/a/../b',
    'r_x.io/a',
    '-r.io/a',
    'r.io:x/a',
    'r.io:123456/a',
    'https://r.io/a',
    'a'.repeat(64),
    `r.io/${'a/'.repeat(130)}a`,
    `r.io/shop:${'t'.repeat(500)}`,
    'r.io/shop ',
    'r.io/shop\n',
    'r.io/sh\u00f6p',
  ])('refuses %j', (text) => {
    expect(parseReference(text)).toBeUndefined();
  });

  it('reads back what it says, and never fails', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z0-9._:/@-]{0,40}$/), (text) => {
        const parsed = parseReference(text);
        if (parsed === undefined) return;
        const tag = parsed.tag === undefined ? '' : `:${parsed.tag}`;
        expect(parseReference(`${parsed.repository}${tag}`)).toMatchObject({ repository: parsed.repository });
        expect(isRepository(parsed.repository)).toBe(true);
        expect(splitRepository(parsed.repository)).toEqual({ host: parsed.registry, path: parsed.path });
      }),
    );
  });
});

it.each([
  ['r.io/shop', true],
  ['localhost:8080/a/b', true],
  ['shop', false],
  ['team/shop', false],
  ['R.io/shop', false],
  ['r.io/shop:1', false],
  [`r.io/shop@${digest}`, false],
  ['r.io', false],
])('isRepository(%s) is %s', (text, expected) => {
  expect(isRepository(text)).toBe(expected);
});

it.each([
  ['1.0', true],
  ['_x', true],
  ['t'.repeat(128), true],
  ['t'.repeat(129), false],
  ['', false],
  ['.x', false],
  ['a/b', false],
  ['a\n', false],
])('isTag(%j) is %s', (text, expected) => {
  expect(isTag(text)).toBe(expected);
});

it('writes an image by its digest', () => {
  expect(imageReference('r.io/shop', digest)).toBe(`r.io/shop@${digest}`);
});
