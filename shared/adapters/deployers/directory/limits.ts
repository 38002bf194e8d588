export interface DirectoryLimits {
  /** Of all layers together, unpacked, tar headers included; default 2 GiB. Packed layers are held to the same bound. */
  readonly unpackedBytes: number;
  /** Entries of all layers together; default 100,000. */
  readonly files: number;
  /** Of a path in the archive, in bytes; default 1024. */
  readonly pathBytes: number;
  /** Releases kept, with the current one; default 5. */
  readonly releases: number;
}

export const defaultLimits: DirectoryLimits = {
  unpackedBytes: 2 * 1024 ** 3,
  files: 100_000,
  pathBytes: 1024,
  releases: 5,
};
