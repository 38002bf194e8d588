import { type Digest, parseDigest } from '../../../domain/digest.ts';

export type ImageId =
  | { readonly kind: 'digest'; readonly digest: Digest }
  /** The node has not said yet. */
  | { readonly kind: 'none' }
  /** The id of the image's configuration, which no registry knows it by: an image that was loaded into the node, not pulled. */
  | { readonly kind: 'config' }
  | { readonly kind: 'unknown' };

/** `imageID` of a container's status, as container runtimes write it: docker-pullable://repository@digest, repository@digest, or an id. */
export function readImageId(imageId: string | undefined): ImageId {
  if (imageId === undefined || imageId === '') return { kind: 'none' };
  const at = imageId.lastIndexOf('@');
  const digest = at > 0 ? parseDigest(imageId.slice(at + 1)) : undefined;
  if (digest !== undefined) return { kind: 'digest', digest };
  return /^(?:[a-z-]+:\/\/)?(?:sha256:)?[0-9a-f]{64}$/.test(imageId) ? { kind: 'config' } : { kind: 'unknown' };
}
