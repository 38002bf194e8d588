import { parseEcrHost } from '../shared/domain/ecr-host.ts';
import { splitRepository } from '../shared/domain/reference.ts';
import type { ImageStates } from '../shared/ports/image-states.ts';

/** The states of images in ECR. Its SDK client is loaded only where a deployment comes from there. */
export function awsImageStates(): ImageStates {
  let made: Promise<ImageStates> | undefined;
  return {
    async read(repository, digest) {
      if (parseEcrHost(splitRepository(repository).host) === undefined) return 'unknown';
      made ??= import('../shared/adapters/ecr/image-states.ts').then(({ ecrImageStates }) => ecrImageStates());
      return (await made).read(repository, digest);
    },
  };
}
