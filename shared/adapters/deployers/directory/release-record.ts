import { z } from 'zod';
import { isDigest } from '../../../domain/digest.ts';

const path = z.string();

/** One entry of a release: `path` relative to it with `/`, `mode` the permission bits, `size` in bytes, `sha256` in hex. */
const fileRecord = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('directory'), path, mode: z.number() }),
  z.object({ kind: z.literal('file'), path, mode: z.number(), size: z.number(), sha256: z.string() }),
  z.object({ kind: z.literal('symlink'), path, target: z.string() }),
]);

/** What a release was unpacked from and what is in it. It lies beside the release, never inside. */
const releaseRecord = z.object({
  v: z.literal(1),
  /** What was wanted: an image's digest or an index's. */
  digest: z.string().refine(isDigest),
  /** The image that was unpacked: the same, or the index's child for the platform. */
  platformDigest: z.string().refine(isDigest),
  /** In code unit order of their paths. */
  files: z.array(fileRecord).readonly(),
});

export type FileRecord = Readonly<z.infer<typeof fileRecord>>;
export type ReleaseRecord = Readonly<z.infer<typeof releaseRecord>>;

/** undefined = not one that was written here, e.g. altered by hand. */
export function parseReleaseRecord(text: string): ReleaseRecord | undefined {
  try {
    return releaseRecord.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
