import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from './pattern.ts';
import {
  isRepositoryPattern,
  pipelineSubscriptionKey,
  repositoryMatches,
  subscriptionKey,
  subscriptionLookupKeys,
} from './repository-pattern.ts';

function matches(pattern: string, value: string): boolean {
  const compiled = compilePattern(pattern);
  if (compiled.kind === 'invalid') expect.fail(compiled.message);
  return compiled.pattern.matches(value);
}

describe('compilePattern', () => {
  it.each([
    ['shop-V*', 'shop-V1.0', true],
    ['shop-V*', 'shop-V', true],
    ['shop-V*', 'shop-v1.0', false],
    ['shop-V*', 'my-shop-V1.0', false],
    ['*-rc*', 'shop-V1.0-rc.1', true],
    ['*-rc*', 'shop-V1.0', false],
    ['*', '', true],
    ['?', '', false],
    ['?', '😀', true],
    ['v?.?', 'v1.2', true],
    ['v?.?', 'v10.2', false],
    ['a*b*c', 'aXbYbZc', true],
    ['a**c', 'abc', true],
    ['1.0', '1x0', false],
    ['[ab]', 'a', false],
    ['*/x', 'feature/a/x', true],
    ['regex:v[0-9]+', 'v12', true],
    ['regex:v[0-9]+', 'v12-rc', false],
    ['regex:', '', true],
    ['regexp:a', 'regexp:a', true],
    ['semver:^1.2', 'v1.3.0', true],
    ['semver:^1.2', '1.2', true],
    ['semver:^1.2', '1', false],
    ['semver:^1.2', '2.0.0', false],
    ['semver:^1.2', '1.3.0-rc.1', false],
    ['semver:>=1.3.0-rc.0 <2', '1.3.0-rc.1', true],
    ['semver:>=1.3.0-rc.0 <2', '1.4.0-rc.1', false],
    ['semver:1.2 - 1.4 || 3.x', '3.9.9', true],
    ['semver:*', 'latest', false],
    ['semver:*', '1.0.0+build.5', true],
  ])('%s against %j is %s', (pattern, value, expected) => {
    expect(matches(pattern, value)).toBe(expected);
    expect(matches(pattern, value)).toBe(expected);
  });

  it.each([
    ['', 'must not be empty; * matches everything'],
    ['a'.repeat(513), 'must be at most 512 characters'],
    [`regex:${'a'.repeat(507)}`, 'must be at most 512 characters'],
    ['regex:(', 'error parsing regexp: missing closing ): `(`'],
    ['semver:', 'must be a range of semantic versions, e.g. semver:^1.2 or semver:>=1.2.0 <2'],
    ['semver:newest', 'must be a range of semantic versions, e.g. semver:^1.2 or semver:>=1.2.0 <2'],
  ])('refuses %j', (pattern, message) => {
    expect(compilePattern(pattern)).toEqual({ kind: 'invalid', message });
  });

  it('a glob says what its translation to a regular expression says', () => {
    const glob = fc.stringMatching(/^[ab*?]{1,8}$/);
    fc.assert(
      fc.property(glob, fc.stringMatching(/^[ab]{0,8}$/), (text, value) => {
        const translated = text.replaceAll('*', '.*').replaceAll('?', '.');
        expect(matches(text, value)).toBe(new RegExp(`^${translated}$`).test(value));
      }),
      { numRuns: 500 },
    );
  });

  it('a hostile glob is no work', () => {
    const started = performance.now();
    expect(matches('*a'.repeat(250), `${'a'.repeat(10_000)}b`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('knows more patterns than it keeps', () => {
    for (let index = 0; index < 500; index += 1) {
      expect(matches(`regex:v${index}`, `v${index}`)).toBe(true);
      expect(matches('regex:v0', `v${index}`)).toBe(index === 0);
    }
  });
});

describe('repository patterns', () => {
  it.each([
    ['r.io/shop', 'r.io/shop', true],
    ['r.io/shop', 'r.io/shop2', false],
    ['r.io/*', 'r.io/shop', true],
    ['r.io/*', 'r.io/team/shop', false],
    ['r.io/shop-*', 'r.io/shop-web', true],
    ['r.io/shop-*', 'r.io/shop', false],
    ['r.io/shop-*', 'r.io/shop-web/x', false],
    ['r.io/**', 'r.io/shop', true],
    ['r.io/**', 'r.io/a/b/c', true],
    ['r.io/**', 's.io/a', false],
    ['r.io/team/**', 'r.io/team', false],
    ['r.io/**/web', 'r.io/web', true],
    ['r.io/**/web', 'r.io/a/b/web', true],
    ['r.io/**/web', 'r.io/a/b/webs', false],
    ['r.io/*/web', 'r.io/web', false],
    ['r.io/**/a/**', 'r.io/x/a/y', true],
    ['r.io/**/a/**', 'r.io/x/y', false],
    ['*/shop', 'r.io/shop', true],
    ['*.r.io/shop', 'eu.r.io/shop', true],
    ['**', 'r.io/a', true],
    ['**/web', 'r.io/a/web', true],
    ['r.io/a?b', 'r.io/axb', false],
  ])('%s against %s is %s', (pattern, repository, expected) => {
    expect(repositoryMatches(pattern, repository)).toBe(expected);
  });

  it.each([
    ['r.io/shop', true],
    ['localhost:5000/*', true],
    ['registry.local/**', true],
    ['**', true],
    ['**/shop', true],
    ['*/shop', true],
    ['r.io/**/web-*', true],
    ['shop', false],
    ['team/shop', false],
    ['team/*', false],
    ['*', false],
    ['r.io', false],
    ['r.io/', false],
    ['r.io//*', false],
    ['r.io/a**', false],
    ['r.io/***', false],
    ['r.io/Shop*', false],
    ['r.io/shop:1.*', false],
    ['https://r.io/*', false],
    ['', false],
    [`r.io/${'a*/'.repeat(200)}b`, false],
  ])('isRepositoryPattern(%s) is %s', (pattern, expected) => {
    expect(isRepositoryPattern(pattern)).toBe(expected);
  });
});

describe('subscriptions', () => {
  it.each([
    ['r.io/team/shop', 'repository:r.io/team/shop'],
    ['r.io/team/*', 'repository:r.io/team/'],
    ['r.io/team/shop-*', 'repository:r.io/team/'],
    ['r.io/**/shop', 'repository:r.io/'],
    ['*.r.io/shop', 'repository:/'],
    ['**', 'repository:/'],
  ])('%s is kept under %s', (pattern, key) => {
    expect(subscriptionKey(pattern)).toBe(key);
  });

  it('an event looks up its own path, each ancestor and the root', () => {
    expect(subscriptionLookupKeys('r.io/team/shop')).toEqual([
      'repository:r.io/team/shop',
      'repository:r.io/team/',
      'repository:r.io/',
      'repository:/',
    ]);
  });

  it('finds every pattern that matches', () => {
    const segment = fc.constantFrom('a', 'b', 'a*', '*', '**');
    const pattern = fc.array(segment, { minLength: 1, maxLength: 4 }).map((path) => `r.io/${path.join('/')}`);
    const repository = fc.array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(pattern, repository, (text, path) => {
        const name = `r.io/${path.join('/')}`;
        fc.pre(repositoryMatches(text, name));
        expect(subscriptionLookupKeys(name)).toContain(subscriptionKey(text));
      }),
    );
  });

  it('an upstream has a key of its own', () => {
    expect(pipelineSubscriptionKey('shop-pre')).toBe('pipeline:shop-pre');
  });
});
