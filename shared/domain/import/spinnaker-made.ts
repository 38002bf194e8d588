import { imageType } from '../artifact.ts';
import type { JsonObject } from '../json.ts';
import { joinPath } from '../pipeline-draft.ts';
import { listOf, objectOf, textOf } from './read-loose.ts';
import type { SpinnakerContext } from './spinnaker-context.ts';
import { addId, expectOne } from './spinnaker-expected.ts';

/** What a stage that is left out would have made must come from elsewhere: from a source that somebody posts or pushes to. */
export function expectFromElsewhere(context: SpinnakerContext, raw: JsonObject, path: string): void {
  for (const [index, item] of listOf(raw.expectedArtifacts).entries()) {
    const at = joinPath(path, 'expectedArtifacts', index);
    const expected = objectOf(item);
    const { type, name } = objectOf(expected.matchArtifact);
    if (type === imageType) {
      expectOne(context, expected, at);
      context.notes.add(at, 'is made elsewhere now, and expected from there.');
      continue;
    }
    const id = addId(context, expected);
    const artifactType = (textOf(type) ?? 'embedded/base64').slice(0, 128);
    const called = (textOf(name) ?? `${context.name}/${id}`).slice(0, 512);
    context.sources.set(id, { type: 'artifact', artifactType, name: called, on: [] });
    const what = `"${called.slice(0, 80)}" of type ${artifactType.slice(0, 40)}`;
    context.notes.add(at, `is made elsewhere now: post it as ${what} (source "${id}").`);
  }
}
