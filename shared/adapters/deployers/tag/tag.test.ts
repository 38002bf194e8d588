import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deployerContract } from '../../../../test/contracts/deployer.ts';
import { directoryRequest, failureOf } from '../../../../test/fixtures/directory-step.ts';
import { type RegistryFixture, startRegistry } from '../../../../test/fixtures/embedded-registry.ts';
import { type FixtureImage, ociImage, ociIndex, pushImage } from '../../../../test/fixtures/oci-image.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { StepRequest } from '../../../ports/deployer.ts';
import type { RegistryClient } from '../../../ports/registry-client.ts';
import { createTagDeployer } from './tag.ts';

const repository = 'registry.local/team/shop';
const one = ociImage({ x: 'one' });
const two = ociImage({ x: 'two' });
const index = ociIndex([one, two]);

let fixture: RegistryFixture;

beforeEach(async () => {
  fixture = await startRegistry();
  for (const image of [one, two, index]) await pushImage(image, { baseUrl: fixture.baseUrl, repository: 'team/shop' });
});
afterEach(() => fixture.close());

function run(
  image: FixtureImage,
  given: JsonObject,
  more: Partial<StepRequest> & { readonly registry?: RegistryClient } = {},
) {
  const { registry = fixture.registry.client, ...change } = more;
  return createTagDeployer({ registry }).run({
    ...directoryRequest({ image: `${repository}@${image.digest}`, ...given }),
    ...change,
  });
}

const digestOfTag = async (tag: string) => (await fixture.registry.client.resolveTag(repository, tag)).digest;

describe('the step tag', () => {
  it('puts every tag on the digest and observes it', async () => {
    expect(await run(one, { tags: ['live', '1.0', 'live'] })).toEqual({
      kind: 'done',
      observed: one.digest,
      artifacts: [
        {
          artifact: expect.objectContaining({
            name: repository,
            version: one.digest,
            metadata: { tags: ['live', '1.0'] },
          }),
        },
      ],
    });
    expect([await digestOfTag('live'), await digestOfTag('1.0')]).toEqual([one.digest, one.digest]);
  });

  it('tags an index as it is', async () => {
    expect(await run(index, { tags: ['all'] })).toMatchObject({ observed: index.digest });
    expect(await digestOfTag('all')).toBe(index.digest);
  });

  it('adds to the tags of the artifact it was given', async () => {
    const artifact = {
      type: 'docker/image',
      name: repository,
      version: one.digest,
      reference: `${repository}@${one.digest}`,
      metadata: { tags: ['1.0'], team: 'a' },
      uuid: 'u',
    };
    const answer = await run(one, { tags: ['live'] }, { artifacts: [artifact] });
    expect(answer).toMatchObject({
      artifacts: [{ artifact: { uuid: 'u', metadata: { tags: ['1.0', 'live'], team: 'a' } } }],
    });
  });

  it('the same again puts nothing', async () => {
    await run(one, { tags: ['live'] });
    const before = fixture.pushes.length;
    expect(await run(one, { tags: ['live'] })).toMatchObject({ kind: 'done', observed: one.digest });
    expect(fixture.pushes).toHaveLength(before);
  });

  it('an existing other digest stops it before anything is put, unless it may overwrite', async () => {
    await run(one, { tags: ['live'] });
    const said = await failureOf(run(two, { tags: ['new', 'live'] }));
    expect(said).toContain('tagExists');
    expect(said).toContain(one.digest);
    expect(await digestOfTag('live')).toBe(one.digest);
    expect(await failureOf(digestOfTag('new'))).toContain('manifestUnknown');
    expect(await run(two, { tags: ['new', 'live'], overwrite: true })).toMatchObject({
      kind: 'done',
      observed: two.digest,
    });
    expect([await digestOfTag('live'), await digestOfTag('new')]).toEqual([two.digest, two.digest]);
  });

  it.each<[string, (real: RegistryClient) => RegistryClient, string]>([
    [
      'another digest',
      (real) => ({ ...real, putTag: async (at, tag) => real.putTag(at, tag, await real.manifest(at, two.digest)) }),
      two.digest,
    ],
    ['nothing', (real) => ({ ...real, putTag: async () => {} }), 'not there'],
  ])('what is there after it, %s, is digestMismatch', async (_, lie, said) => {
    const answer = await run(one, { tags: ['live'] }, { registry: lie(fixture.registry.client) });
    expect(answer).toMatchObject({ kind: 'failed', code: 'digestMismatch', message: expect.stringContaining(said) });
  });

  it.each<[string, JsonObject, string]>([
    ['no digest', { image: `${repository}:1.0`, tags: ['a'] }, 'digestRequired'],
    ['no tags', { tags: [] }, 'invalidInput: with.tags'],
    ['a tag that is none', { tags: ['a b'] }, 'invalidInput'],
    ['a tag that is none once resolved', { tags: ['$${x}'] }, 'invalidInput'],
    ['a number', { tags: [7] }, 'invalidInput'],
    ['an unknown key', { tags: ['a'], to: 'x' }, 'invalidInput'],
    ['an image that is not there', { image: `${repository}@sha256:${'0'.repeat(64)}`, tags: ['a'] }, 'manifestUnknown'],
  ])('refuses %s', async (_, given, code) => {
    expect(await failureOf(run(one, given))).toContain(code);
  });
});

deployerContract('tag', async () => {
  const sound = { image: `${repository}@${one.digest}`, tags: ['live'] };
  return {
    create: () => createTagDeployer({ registry: fixture.registry.client }),
    request: directoryRequest(sound),
    observed: one.digest,
    effects: async () => [...new Set(fixture.pushes.flatMap(({ tag, digest }) => (tag ? [`${tag}@${digest}`] : [])))],
    unsound: [{}, { ...sound, tags: [] }, { ...sound, image: repository }, { ...sound, extra: 1 }],
    close: async () => {},
  };
});
