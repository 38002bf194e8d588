import { artifactUuid } from '../domain/artifact-identity.ts';
import type { StageInput } from '../domain/execution.ts';
import { inputPlace } from '../domain/needed-content.ts';
import type { PipelineDefinition } from '../domain/pipeline.ts';
import type { Ports } from '../ports/ports.ts';
import { registryRefusal } from './intake/registry-refusal.ts';
import type { VerifyPorts } from './intake/verify-image.ts';
import { pinArtifact } from './pin-artifact.ts';

export type InputsBinding =
  | { readonly kind: 'bound'; readonly inputs: readonly StageInput[] }
  | { readonly kind: 'failed'; readonly source: string; readonly code: string; readonly message: string };

/**
 * What stages write out under `inputArtifacts`, as the run takes it: with the account of the entry, an image with its digest. Those
 * by id are bound with their expectation. Throws the registry's failure when asking again may help.
 */
export async function bindInputs(
  ports: VerifyPorts,
  definition: Pick<PipelineDefinition, 'stages'>,
): Promise<InputsBinding> {
  const inputs: StageInput[] = [];
  for (const { place, artifact } of writtenInputs(definition, ports)) {
    try {
      inputs.push({ place, artifact: (await pinArtifact(ports, artifact)).artifact });
    } catch (error) {
      const refusal = registryRefusal(error);
      if (refusal === undefined) throw error;
      return { kind: 'failed', source: place, code: refusal.code, message: `Artifact ${place}: ${refusal.message}` };
    }
  }
  return { kind: 'bound', inputs };
}

function writtenInputs(
  { stages }: Pick<PipelineDefinition, 'stages'>,
  { sha1 }: Pick<Ports, 'sha1'>,
): readonly StageInput[] {
  return stages.flatMap((stage) =>
    stage.inputArtifacts.flatMap(({ id, account, artifact: written }, index) => {
      if (id !== undefined || written === undefined) return [];
      const uuid = artifactUuid(written.type, written.name, written.version, sha1);
      const artifact = { ...written, uuid, ...(account === undefined ? {} : { artifactAccount: account }) };
      return [{ place: inputPlace(stage.id, index), artifact }];
    }),
  );
}
