import { type Blob, type Image, manifestType, sha256Digest } from './website-image.ts';

/** A repository of a registry: `http://host:port` and a path. */
export interface Target {
  readonly url: string;
  readonly repository: string;
}

/**
 * Pushes over the distribution API, as docker does, and answers the digest.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#push
 */
export async function pushImage(target: Target, tag: string, image: Image): Promise<string> {
  await pushBlobs(target, image);
  return putManifest(target, tag, image);
}

/** Everything that the manifest refers to; nothing is to be seen of it yet. */
export async function pushBlobs(target: Target, image: Image): Promise<void> {
  for (const blob of [image.layer, image.config]) await pushBlob(target, blob);
}

/** The push itself: from here on the image is there, under this tag. */
export async function putManifest(target: Target, tag: string, image: Image): Promise<string> {
  const answer = await fetch(manifestUrl(target, tag), {
    method: 'PUT',
    headers: { 'content-type': manifestType },
    body: new Uint8Array(image.manifest.bytes),
  });
  await expectStatus(answer, 201);
  return image.manifest.digest;
}

/** What a tag stands for now: the digest of the bytes that the registry gives for it. */
export async function digestOfTag(target: Target, tag: string): Promise<string> {
  const answer = await fetch(manifestUrl(target, tag), { headers: { accept: manifestType } });
  await expectStatus(answer, 200);
  return sha256Digest(await answer.bytes());
}

async function pushBlob({ url, repository }: Target, { digest, bytes }: Blob): Promise<void> {
  const start = await fetch(`${url}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  await expectStatus(start, 202);
  const location = new URL(start.headers.get('location') ?? '', url);
  location.searchParams.set('digest', digest);
  const put = await fetch(location, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(bytes),
  });
  await expectStatus(put, 201);
}

function manifestUrl({ url, repository }: Target, tag: string): string {
  return `${url}/v2/${repository}/manifests/${tag}`;
}

async function expectStatus(answer: Response, status: number): Promise<void> {
  if (answer.status === status) return;
  throw new Error(`The registry was expected to answer ${status}, not ${answer.status}: ${await answer.text()}`);
}
