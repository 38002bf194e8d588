/** The dashboard's built files. */
export interface WebFiles {
  /** Key: `index.html`, `assets/app-1a2b.js`. Undefined if it is not there. Failure storeUnavailable. */
  get(key: string): Promise<Uint8Array | undefined>;
}
