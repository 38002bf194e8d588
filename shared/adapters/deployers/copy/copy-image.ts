import type { Digest } from '../../../domain/digest.ts';
import { Failure } from '../../../domain/failure.ts';
import { type Descriptor, isForeignLayer, manifestMediaTypes, parseManifest } from '../../../domain/manifest.ts';
import type { BlobUpload, Manifest, RegistryClient } from '../../../ports/registry-client.ts';

/** What is done of a copy that goes on in another process. */
export interface CopyMemory {
  /** Blobs of the manifest under way that are there: some registries hide them until a manifest names them. */
  readonly done: readonly Digest[];
  readonly upload?: BlobUpload & { readonly digest: Digest };
}

export interface Copying {
  readonly source: RegistryClient;
  readonly target: RegistryClient;
  /** Repositories with their hosts. */
  readonly from: string;
  readonly to: string;
  /** Path at the same registry. */
  readonly mountFrom?: string;
  /** Asked before each blob and piece of one; false = pause. */
  mayGoOn(): boolean;
}

type CopyResult = { readonly kind: 'copied' } | { readonly kind: 'paused'; readonly memory: CopyMemory };

/** An index in an index is allowed, and no more. */
const maxDepth = 3;
/** More would make the ledger's entry large; beyond it the registry is asked again. */
const maxRemembered = 200;

/**
 * Copies a manifest with all that it names, children before their index, config and layers before their manifest. What the
 * target has is left alone. Layers that a registry may not hold stay where they are; referrers are not children and stay too.
 */
export async function copyImage(copying: Copying, digest: Digest, memory: CopyMemory): Promise<CopyResult> {
  const state: State = { done: new Set(memory.done), upload: memory.upload };
  if (await copyManifest(copying, { digest, depth: 0, state })) return { kind: 'copied' };
  const done = [...state.done].slice(-maxRemembered);
  return { kind: 'paused', memory: { done, ...(state.upload === undefined ? {} : { upload: state.upload }) } };
}

interface State {
  readonly done: Set<Digest>;
  upload: CopyMemory['upload'];
}

/** False = paused. */
async function copyManifest(
  copying: Copying,
  at: { readonly digest: Digest; readonly depth: number; readonly state: State },
): Promise<boolean> {
  const { digest, depth, state } = at;
  if (depth >= maxDepth) throw new Failure('invalidInput', `${digest} is in more than ${maxDepth - 1} indexes`);
  const manifest = await copying.source.manifest(copying.from, digest);
  const present = await hasManifest(copying, digest);
  const parsed = parse(manifest, copying.from);
  if (parsed.kind === 'index') {
    // Some registries take an index whose children they do not have: they are looked at even where it is there.
    for (const child of parsed.children) {
      const copied = manifestMediaTypes.includes(child.mediaType)
        ? await copyManifest(copying, { digest: child.digest, depth: depth + 1, state })
        : await copyBlob(copying, state, child);
      if (!copied) return false;
    }
  } else if (!present) {
    for (const blob of [parsed.config, ...parsed.layers.filter((layer) => !isForeignLayer(layer))]) {
      if (!(await copyBlob(copying, state, blob))) return false;
    }
  }
  if (present) return true;
  await copying.target.putManifest(copying.to, manifest);
  state.done.clear();
  return true;
}

async function copyBlob(copying: Copying, state: State, { digest, size }: Descriptor): Promise<boolean> {
  const { source, target, from, to, mountFrom } = copying;
  if (state.done.has(digest)) return true;
  if (!copying.mayGoOn()) return false;
  if (!(await target.hasBlob(to, { digest, size }))) {
    const result = await target.uploadBlob(
      to,
      { digest, size },
      {
        // From the first byte on it can be checked whole.
        read: (offset) => (offset === 0 ? source.blobStream(from, digest) : source.blobFrom(from, digest, offset)),
        mayGoOn: copying.mayGoOn,
        ...(mountFrom === undefined ? {} : { mountFrom }),
        ...(state.upload?.digest === digest ? { resume: state.upload } : {}),
      },
    );
    if (result.kind === 'paused') {
      state.upload = result.upload && { ...result.upload, digest };
      return false;
    }
  }
  state.upload = undefined;
  state.done.add(digest);
  return true;
}

async function hasManifest({ target, to }: Copying, digest: Digest): Promise<boolean> {
  try {
    return (await target.manifest(to, digest)).digest === digest;
  } catch (error) {
    if (error instanceof Failure && error.code === 'manifestUnknown') return false;
    throw error;
  }
}

function parse(manifest: Manifest, from: string) {
  const parsed = parseManifest(Buffer.from(manifest.bytes).toString(), manifest.mediaType);
  if (parsed.kind !== 'invalid') return parsed;
  throw new Failure('invalidInput', `${from}@${manifest.digest} cannot be copied: ${parsed.message}`);
}
