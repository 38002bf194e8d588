import { expect, it } from 'vitest';
import { parseImagePurl } from './image-purl.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const encoded = `sha256%3A${'a'.repeat(64)}`;
const repository = 'registry.example.com/team/shop';

it.each([
  [`pkg:oci/shop@${encoded}?repository_url=${repository}&tag=1.0`, { repository, digest, tag: '1.0' }],
  [
    `pkg:oci/shop@${digest}?tag=1.0&repository_url=registry.example.com%2Fteam%2Fshop`,
    { repository, digest, tag: '1.0' },
  ],
  [`pkg:oci/shop@${encoded}?repository_url=https://registry.example.com/team/shop/`, { repository, digest }],
  [`pkg:oci/shop@${encoded}?repository_url=registry.example.com/team`, { repository, digest }],
  ['pkg:oci/shop?repository_url=registry.example.com/team/shop&tag=1.0', { repository, tag: '1.0' }],
  [`pkg:oci/shop@${encoded}?arch=amd64#sub/path`, { repository: 'fallback.example.com/shop', digest }],
  [`pkg:docker/team/shop@${encoded}?repository_url=registry.example.com`, { repository, digest }],
  ['pkg:docker/cassandra@latest', { repository: 'docker.io/library/cassandra', tag: 'latest' }],
  ['pkg:docker/smartentry/debian@1.0', { repository: 'docker.io/smartentry/debian', tag: '1.0' }],
  ['pkg:golang/mygit.com/myorg/myapp@234fd47e07d1004f0aed9c', undefined],
  ['pkg:oci/', undefined],
  ['pkg:oci/Shop@x?repository_url=registry.example.com/a b', undefined],
  ['pkg:oci/%E0%A4%A@x?repository_url=registry.example.com/x', undefined],
  ['', undefined],
])('%s', (purl, image) => {
  expect(
    parseImagePurl(
      purl,
      purl.includes('repository_url') || purl.includes('docker') ? undefined : 'fallback.example.com',
    ),
  ).toEqual(image);
});

it('of type oci without a host is nowhere', () => {
  expect(parseImagePurl(`pkg:oci/shop@${encoded}`, undefined)).toBeUndefined();
});
