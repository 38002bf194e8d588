import { expect, it } from 'vitest';
import type { Comparable } from './compared-artifact.ts';
import type { ArtifactPattern } from './expected-artifact.ts';
import { findInvalidPattern, matchArtifact } from './match-artifact.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const shop: Comparable = {
  type: 'docker/image',
  name: 'r.example.com/shop',
  version: '1.0',
  location: 'eu',
  reference: 'r.example.com/shop:1.0',
};
const pinned: Comparable = {
  type: 'docker/image',
  name: 'r.example.com/shop',
  version: digest,
  reference: `r.example.com/shop@${digest}`,
  metadata: { tags: ['1.0', '1'] },
};

const fetched: Comparable = {
  type: 'github/file',
  name: 'a',
  version: 'c0ffee',
  metadata: { requestedVersion: 'main' },
};

/** Section 2 of the reference, row by row. */
it.each<[string, ArtifactPattern, Comparable, string]>([
  ['nothing asked matches everything', {}, shop, 'matches'],
  ['nothing asked matches nothing said', {}, {}, 'matches'],
  ['an empty pattern is no constraint', { type: '', name: '' }, {}, 'matches'],
  ['a blank is a real pattern', { name: ' ' }, shop, 'differs name'],
  ['equal texts', { name: 'r.example.com/shop' }, shop, 'matches'],
  ['a pattern for the whole value', { name: '.*/shop' }, shop, 'matches'],
  ['a part is not enough', { name: 'shop' }, shop, 'differs name'],
  ['no beginning is enough', { name: 'r.example.com' }, shop, 'differs name'],
  ['case counts', { name: 'R.example.com/shop' }, shop, 'differs name'],
  ['each of the five fields: type', { type: 's3/object' }, shop, 'differs type'],
  ['version', { version: '2.*' }, shop, 'differs version'],
  ['location', { location: 'us' }, shop, 'differs location'],
  ['reference', { reference: '.*:2' }, shop, 'differs reference'],
  [
    'all five match',
    { type: 'docker/.*', name: '.*', version: '1\\.0', location: 'e.', reference: '.*' },
    shop,
    'matches',
  ],
  ['in this order: type before name', { type: 'x', name: 'y' }, shop, 'differs type'],
  ['name before version', { name: 'y', version: 'z' }, shop, 'differs name'],
  ['version before location', { version: 'y', location: 'z' }, shop, 'differs version'],
  ['location before reference', { location: 'y', reference: 'z' }, shop, 'differs location'],
  ['what is absent matches no pattern', { location: '.*' }, { type: 'x' }, 'differs location'],
  ['what is empty is tested', { location: '.*' }, { location: '' }, 'matches'],
  ['and may fail', { location: '.+' }, { location: '' }, 'differs location'],
  ['a pattern for the type of what has none is no crash', { type: '.*' }, { name: 'x' }, 'differs type'],
  ['the account is never compared', { artifactAccount: 'other' }, shop, 'matches'],
  ['a dot does not cross a line', { reference: 'a.b' }, { reference: 'a\nb' }, 'differs reference'],
  ['a final line end counts', { reference: 'a$' }, { reference: 'a\n' }, 'differs reference'],
  ['base64 with + matches itself', { reference: 'YWJj+/A=' }, { reference: 'YWJj+/A=' }, 'matches'],
  ['an invalid pattern is a fault', { reference: 'a[' }, { reference: 'b' }, 'invalid reference'],
  ['not where the texts are equal', { reference: 'a[' }, { reference: 'a[' }, 'matches'],
  ['nor after an earlier difference', { type: 'x', reference: 'a[' }, { type: 'y', reference: 'b' }, 'differs type'],
  ['nor where there is no value', { reference: 'a[' }, {}, 'differs reference'],
  ['raw SpEL is an invalid pattern', { version: '${trigger.tag}' }, shop, 'invalid version'],
  ['embedded is remote', { type: 'embedded/base64' }, { type: 'remote/base64' }, 'matches'],
  ['remote is embedded', { type: 'remote/base64' }, { type: 'embedded/base64' }, 'matches'],
  ['not for a pattern', { type: 'embedded/.*' }, { type: 'remote/base64' }, 'differs type'],
  ['not for the map forms', { type: 'embedded/map/base64' }, { type: 'remote/map/base64' }, 'differs type'],
  ['not between map and plain', { type: 'embedded/base64' }, { type: 'remote/map/base64' }, 'differs type'],
  ['not for another field', { name: 'embedded/base64' }, { name: 'remote/base64' }, 'differs name'],
  ['a pinned image by its digest', { version: digest }, pinned, 'matches'],
  ['a pinned image by a tag', { version: '1\\.\\d' }, pinned, 'matches'],
  ['by any of its tags', { version: '1' }, pinned, 'matches'],
  ['by the reference with that tag', { reference: 'r.example.com/shop:1.*' }, pinned, 'matches'],
  ['by one tag throughout', { version: '1', reference: '.*:1\\.0' }, pinned, 'differs version'],
  ['not by another tag', { version: '2' }, pinned, 'differs version'],
  ['other types have no tags', { version: '1.0' }, { ...pinned, type: 'helm/image' }, 'differs version'],
  ['a fetched file by its commit', { version: 'c0ffee' }, fetched, 'matches'],
  ['a fetched file by the branch that it came with', { version: 'ma.n' }, fetched, 'matches'],
  ['a fetched file by no other', { version: 'dev' }, fetched, 'differs version'],
  ['metadata is not compared', { version: 'x' }, { ...shop, metadata: { tags: ['x'] } }, 'differs version'],
])('%s', (_name, pattern, artifact, expected) => {
  const match = matchArtifact(pattern, artifact);
  expect(match.kind === 'matches' ? match.kind : `${match.kind} ${match.field}`).toBe(expected);
});

it('finds an invalid pattern that nothing needed', () => {
  expect(findInvalidPattern({ type: 'x', name: 'a(?=b)' })).toMatchObject({ field: 'name', position: 1 });
  expect(findInvalidPattern({ type: 'x', artifactAccount: '(' })).toBeUndefined();
});
