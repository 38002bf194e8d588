import type { RegistryClientPorts } from '../shared/adapters/oci/registry-client.ts';
import type { RegistryClient } from '../shared/ports/registry-client.ts';
import { whenAsked } from './when-asked.ts';

/** The client of every registry, loaded when the first of them is asked: most calls of a function ask none. */
export function awsRegistry(ports: RegistryClientPorts): RegistryClient {
  const client = whenAsked(async () => {
    const { createRegistryClient } = await import('../shared/adapters/oci/registry-client.ts');
    return createRegistryClient(ports);
  });
  return {
    resolveTag: async (...asked) => (await client()).resolveTag(...asked),
    manifest: async (...asked) => (await client()).manifest(...asked),
    blob: async (...asked) => (await client()).blob(...asked),
    async *blobStream(...asked) {
      yield* (await client()).blobStream(...asked);
    },
    putTag: async (...asked) => (await client()).putTag(...asked),
    async *blobFrom(...asked) {
      yield* (await client()).blobFrom(...asked);
    },
    hasBlob: async (...asked) => (await client()).hasBlob(...asked),
    uploadBlob: async (...asked) => (await client()).uploadBlob(...asked),
    putManifest: async (...asked) => (await client()).putManifest(...asked),
  };
}
