import { callbackAnswer, callbackInput } from '../../../shared/contracts/callbacks.ts';
import type { InputFault } from '../../../shared/contracts/schema.ts';
import { normaliseArtifact } from '../../../shared/domain/artifact-identity.ts';
import { canonicalJson } from '../../../shared/domain/canonical-json.ts';
import { parseDigest } from '../../../shared/domain/digest.ts';
import type { PublishedArtifact } from '../../../shared/domain/execution.ts';
import { isJsonObject, type JsonObject } from '../../../shared/domain/json.ts';
import { answerCallback } from '../../../shared/flows/answer-callback.ts';
import type { Sha1 } from '../../../shared/ports/clock.ts';
import { HttpProblem, invalidProblem, notFoundProblem } from '../../../shared/runtime/http-problem.ts';
import { route } from '../../../shared/runtime/route.ts';

const post = route({
  method: 'POST',
  path: '/v1/callbacks/{token}',
  operation: 'answerCallback',
  summary: 'Ends a webhook step that waits',
  access: 'public',
  body: { kind: 'json', schema: callbackInput },
  answers: { 200: { description: 'Taken, now or before', schema: callbackAnswer } },
  async handle(ports, { params, body }) {
    const { status, observed, reason } = body;
    const answer = {
      status,
      reason,
      observed: observed === undefined ? undefined : parseDigest(observed),
      artifacts: body.artifacts === undefined ? undefined : publishedOf(body.artifacts, ports.sha1),
      bodyHash: ports.sha256(canonicalJson(JSON.parse(JSON.stringify(body)))),
    };
    const result = await answerCallback(ports, { token: params.token ?? '', answer });
    if (result.kind === 'notFound') throw notFoundProblem('callback');
    if (result.kind === 'conflict') throw new HttpProblem(409, 'conflict', result.message);
    if (result.kind === 'gone') throw new HttpProblem(410, 'gone', result.message);
    return { status: 200, body: { status: result.kind } };
  },
});

/** Every artifact normalised; 422 with every fault and its path. */
function publishedOf(inputs: readonly JsonObject[], sha1: Sha1): readonly PublishedArtifact[] {
  const faults: InputFault[] = [];
  const published = inputs.map((input, index) => {
    const { name, artifact, path } = unwrap(input, `artifacts[${index}]`);
    const normalised = normaliseArtifact(artifact, sha1);
    if (normalised.kind === 'ok') return { name, artifact: normalised.artifact };
    faults.push(...normalised.errors.map((fault) => ({ ...fault, path: `${path}.${fault.path}` })));
    return undefined;
  });
  if (faults.length > 0) throw invalidProblem(faults);
  return published.filter((one) => one !== undefined);
}

/** `{name?, artifact: {…}}`; or the artifact itself, which in Flow's shapes has its name under `artifact`. */
function unwrap(input: JsonObject, path: string) {
  const { artifact, name } = input;
  if (isJsonObject(artifact)) {
    return { name: typeof name === 'string' ? name : undefined, artifact, path: `${path}.artifact` };
  }
  return { name: typeof artifact === 'string' ? artifact : undefined, artifact: input, path };
}

export const callbackRoutes = [post];
