import { chmod, mkdir, readdir, readlink, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deployerContract } from '../../../../test/contracts/deployer.ts';
import {
  directoryRequest,
  directoryWorld,
  failureOf,
  imageName,
  shopRepository,
} from '../../../../test/fixtures/directory-step.ts';
import {
  type FixtureImage,
  type ImageOptions,
  ociImage,
  ociIndex,
  pushImage,
} from '../../../../test/fixtures/oci-image.ts';
import { answerFor, observeDirectory } from './directory.ts';

const world = directoryWorld();

describe('deploying', () => {
  it('puts the image under current and observes its digest', async () => {
    const image = await world.pushed([
      { 'index.html': 'one', 'old.txt': 'x' },
      { '.wh.old.txt': '', 'a/b.txt': 'b' },
    ]);
    const answer = await world.deploy(image);
    expect(answer).toEqual({
      kind: 'done',
      observed: image.digest,
      artifacts: [
        {
          artifact: expect.objectContaining({
            type: 'docker/image',
            name: shopRepository,
            version: image.digest,
            reference: imageName(image),
          }),
        },
      ],
    });
    expect(await world.page()).toBe('one');
    expect((await readdir(join(world.site, 'current'))).sort()).toEqual(['a', 'index.html']);
    const hex = image.digest.slice(7);
    expect(await readlink(join(world.site, 'current'))).toBe(`releases/${hex}`);
    expect((await readdir(join(world.site, 'releases'))).sort()).toEqual([hex, `${hex}.files.json`, 'order.json']);
  });

  it.each<[string, ImageOptions]>([
    ['gzip', { compression: 'gzip' }],
    ['zstd', { compression: 'zstd' }],
    ['plain tar', { compression: 'none' }],
    ["Docker's media types", { docker: true }],
  ])('unpacks %s', async (_, options) => {
    const image = await world.pushed({ 'index.html': 'packed' }, options);
    expect(await world.deploy(image)).toMatchObject({ kind: 'done', observed: image.digest });
    expect(await world.page()).toBe('packed');
  });

  it('publishes the artifact that the step was given', async () => {
    const image = await world.pushed({ 'index.html': 'one' });
    const artifact = {
      type: 'docker/image',
      name: shopRepository,
      version: image.digest,
      reference: imageName(image),
      metadata: { tags: ['1.0'] },
      uuid: 'u',
    };
    const given = { ...directoryRequest({ path: 'shop', image: imageName(image) }), artifacts: [artifact] };
    expect(await world.deployer().run(given)).toMatchObject({ kind: 'done', artifacts: [{ artifact }] });
  });

  it('the same again changes nothing', async () => {
    const image = await world.pushed({ 'index.html': 'one' });
    await world.deploy(image);
    const before = await stat(join(world.site, 'current/index.html'));
    expect(await world.deploy(image)).toMatchObject({ kind: 'done', observed: image.digest });
    expect((await stat(join(world.site, 'current/index.html'))).ino).toBe(before.ino);
  });

  it('goes back to a release that is still there without unpacking it', async () => {
    const [one, two] = [await world.pushed({ 'index.html': 'one' }), await world.pushed({ 'index.html': 'two' })];
    await world.deploy(one);
    const before = await stat(join(world.site, 'current/index.html'));
    await world.deploy(two);
    expect(await world.page()).toBe('two');
    expect(await world.deploy(one)).toMatchObject({ observed: one.digest });
    expect((await stat(join(world.site, 'current/index.html'))).ino).toBe(before.ino);
  });

  it('keeps the newest releases, and nothing of what was cut off', async () => {
    const images: FixtureImage[] = [];
    for (const name of ['1', '2', '3', '4']) images.push(await world.pushed({ 'index.html': name }));
    await mkdir(join(world.site, 'releases', '0123456789abcdef-64.partial', 'tree'), { recursive: true });
    await mkdir(join(world.site, 'releases', 'a'.repeat(64)));
    await writeFile(join(world.site, 'releases', 'mine.txt'), 'not ours');
    for (const image of images) await world.deploy(image, { limits: { releases: 3 } });
    const kept = images.slice(1).flatMap(({ digest }) => [digest.slice(7), `${digest.slice(7)}.files.json`]);
    expect((await readdir(join(world.site, 'releases'))).sort()).toEqual([...kept, 'mine.txt', 'order.json'].sort());
  });

  it('two at a time end as one of them, whole', async () => {
    const [one, two] = [await world.pushed({ 'index.html': 'one' }), await world.pushed({ 'index.html': 'two' })];
    const both = world.deployer();
    const answers = await Promise.all(
      [one, two, one, two].map((image) => both.run(directoryRequest({ path: 'shop', image: imageName(image) }))),
    );
    expect(answers.map((answer) => answer.kind === 'done' && answer.observed)).toEqual([
      one.digest,
      two.digest,
      one.digest,
      two.digest,
    ]);
    const seen = await observeDirectory(world.site);
    expect([one.digest, two.digest]).toContain(seen.kind === 'intact' && seen.digest);
  });
});

describe('an index', () => {
  const children = async () => [
    await world.pushed({ 'index.html': 'amd' }),
    await world.pushed({ 'index.html': 'arm' }, { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }),
  ];

  async function pushedIndex(): Promise<FixtureImage> {
    const attestation = { ...ociImage({ x: 'attestation' }), platform: undefined };
    const index = ociIndex([...(await children()), attestation]);
    await pushImage(index, { baseUrl: world.registry.baseUrl, repository: 'team/shop' });
    return index;
  }

  it.each([
    [{}, 'amd', 0],
    [{ platform: 'linux/arm64' }, 'arm', 1],
    [{ platform: 'linux/arm64/v8' }, 'arm', 1],
  ])('with %j gives its child %s, and the index is what is observed', async (given, text, child) => {
    const index = await pushedIndex();
    const answer = await world.deploy(index, {}, given);
    const platformDigest = index.children[child]?.digest;
    expect(answer).toMatchObject({
      kind: 'done',
      observed: index.digest,
      artifacts: [{ artifact: { version: index.digest, metadata: { platformDigest } } }],
    });
    expect(await world.page()).toBe(text);
  });

  it('has one release per platform', async () => {
    const index = await pushedIndex();
    await world.deploy(index);
    await world.deploy(index, {}, { platform: 'linux/arm64' });
    expect(await world.page()).toBe('arm');
    await world.deploy(index);
    expect(await world.page()).toBe('amd');
  });

  it('and its child are two wants', async () => {
    const index = await pushedIndex();
    const [child] = index.children;
    if (child === undefined) throw new Error('no child');
    await world.deploy(index);
    expect(await world.deploy(child)).toMatchObject({ kind: 'done', observed: child.digest });
  });

  it.each([
    ['linux/s390x', 'linux/amd64, linux/arm64/v8'],
    ['windows/amd64', 'linux/amd64, linux/arm64/v8'],
    ['linux/arm64/v7', 'linux/amd64, linux/arm64/v8'],
  ])('without %s says what it has', async (platform, has) => {
    const said = await failureOf(world.deploy(await pushedIndex(), {}, { platform }));
    expect(said).toContain('platformNotFound');
    expect(said).toContain(has);
  });

  it('a single image is taken whatever it was built for, unless a platform is asked for', async () => {
    const [, arm] = await children();
    if (arm === undefined) throw new Error('no child');
    expect(await world.deploy(arm)).toMatchObject({ observed: arm.digest });
    expect(await world.deploy(arm, {}, { platform: 'linux/arm64' })).toMatchObject({ observed: arm.digest });
    expect(await failureOf(world.deploy(arm, {}, { platform: 'linux/amd64' }))).toMatch(
      /^platformNotFound: .*linux\/arm64\/v8/,
    );
  });
});

describe('what was altered', () => {
  it.each<[string, () => Promise<unknown>, string]>([
    ['a file', () => writeFile(join(world.site, 'current/index.html'), 'evil'), 'changed index.html'],
    ['a file more', () => writeFile(join(world.site, 'current/evil'), ''), 'extra evil'],
    ['a file less', () => rm(join(world.site, 'current/index.html')), 'missing index.html'],
    ['a mode', () => chmod(join(world.site, 'current/index.html'), 0o777), 'changed index.html'],
  ])('%s is seen, fails as digestMismatch, and is healed by deploying again', async (_, alter, said) => {
    const image = await world.pushed({ 'index.html': 'one' });
    await world.deploy(image);
    await alter();
    const seen = await observeDirectory(world.site);
    const wanted = { repository: shopRepository, digest: image.digest, platformDigest: image.digest };
    expect(answerFor(directoryRequest({}), wanted, seen)).toMatchObject({
      kind: 'failed',
      code: 'digestMismatch',
      message: expect.stringContaining(said),
    });
    expect(await world.deploy(image)).toMatchObject({ kind: 'done', observed: image.digest });
    expect(await world.page()).toBe('one');
    expect(await readdir(join(world.site, 'releases'))).toHaveLength(3);
  });

  it('times alone are no alteration', async () => {
    const image = await world.pushed({ 'index.html': 'one' });
    await world.deploy(image);
    await utimes(join(world.site, 'current/index.html'), 1, 1);
    expect(await observeDirectory(world.site)).toMatchObject({ kind: 'intact' });
  });

  it('another release under current is what is observed', async () => {
    const [one, two] = [await world.pushed({ 'index.html': 'one' }), await world.pushed({ 'index.html': 'two' })];
    await world.deploy(one);
    const wanted = { repository: shopRepository, digest: two.digest, platformDigest: two.digest };
    expect(answerFor(directoryRequest({}), wanted, await observeDirectory(world.site))).toMatchObject({
      kind: 'failed',
      code: 'digestMismatch',
      observed: one.digest,
    });
  });

  it('no current, or one of somebody else, is nothing', async () => {
    expect(await observeDirectory(world.site)).toEqual({ kind: 'nothing' });
    await mkdir(world.site);
    await symlink('/etc', join(world.site, 'current'));
    expect(await observeDirectory(world.site)).toEqual({ kind: 'nothing' });
    await rm(join(world.site, 'current'));
    await symlink('releases/../../x', join(world.site, 'current'));
    expect(await observeDirectory(world.site)).toEqual({ kind: 'nothing' });
  });

  it.each<[string, (hex: string) => Promise<unknown>]>([
    ['the record is gone', (hex) => rm(join(world.site, `releases/${hex}.files.json`))],
    ['the record is no JSON', (hex) => writeFile(join(world.site, `releases/${hex}.files.json`), '{')],
    ['the release is gone', (hex) => rm(join(world.site, `releases/${hex}`), { recursive: true })],
    ['the order is no JSON', () => writeFile(join(world.site, 'releases/order.json'), '{')],
    ['current is gone', () => rm(join(world.site, 'current'))],
    [
      'current leads to somebody else',
      async () => [await rm(join(world.site, 'current')), await symlink('/etc', join(world.site, 'current'))],
    ],
    ['a switch was cut off', () => symlink('releases/x', join(world.site, 'current.next'))],
  ])('%s: deploying again heals it', async (_, damage) => {
    const image = await world.pushed({ 'index.html': 'one' });
    await world.deploy(image);
    await damage(image.digest.slice(7));
    expect(await world.deploy(image)).toMatchObject({ kind: 'done', observed: image.digest });
    expect(await world.page()).toBe('one');
    expect(await observeDirectory(world.site)).toMatchObject({ kind: 'intact', digest: image.digest });
  });
});

deployerContract('directory', async () => {
  const image = await world.pushed({ 'index.html': 'contract' });
  const sound = { path: 'shop', image: imageName(image) };
  return {
    create: () => world.deployer(),
    request: directoryRequest(sound),
    observed: image.digest,
    effects: async () =>
      (await readdir(join(world.site, 'releases')).catch(() => [])).filter((name) => /^[0-9a-f.]+$/.test(name)),
    unsound: [{}, { ...sound, path: '../x' }, { ...sound, image: shopRepository }, { ...sound, extra: 1 }],
    close: async () => {},
  };
});
