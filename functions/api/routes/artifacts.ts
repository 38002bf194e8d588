import { artifactInput, artifactQuery, fact, factInput, knownArtifact } from '../../../shared/contracts/artifacts.ts';
import { listOf } from '../../../shared/contracts/common.ts';
import { presentFact, presentKnownArtifact } from '../../../shared/contracts/present-artifact.ts';
import { findArtifacts, getArtifact } from '../../../shared/flows/find-artifacts.ts';
import { recordArtifact } from '../../../shared/flows/record-artifact.ts';
import { recordFact } from '../../../shared/flows/record-fact.ts';
import {
  forbiddenProblem,
  HttpProblem,
  invalidProblem,
  notFoundProblem,
} from '../../../shared/runtime/http-problem.ts';
import { route } from '../../../shared/runtime/route.ts';
import { answerPage } from './lists.ts';

const list = route({
  method: 'GET',
  path: '/v1/artifacts',
  operation: 'findArtifacts',
  summary: 'Artifacts by name, digest or revision, with their facts',
  access: 'caller',
  query: artifactQuery,
  answers: { 200: { description: 'Newest first', schema: listOf(knownArtifact) } },
  conditional: true,
  async handle(ports, { caller, query }) {
    const found = await findArtifacts(ports, { caller, ...query });
    if (found.kind === 'tooWide') {
      throw new HttpProblem(400, 'malformed', 'The query needs name, digest or revision; type and tag only narrow it.');
    }
    return answerPage(found, presentKnownArtifact);
  },
});

const get = route({
  method: 'GET',
  path: '/v1/artifacts/{uuid}',
  operation: 'getArtifact',
  summary: 'An artifact with its facts, newest first',
  access: 'caller',
  answers: { 200: { description: 'The artifact', schema: knownArtifact } },
  conditional: true,
  async handle(ports, { caller, params }) {
    const view = await getArtifact(ports, { caller, uuid: params.uuid ?? '' });
    if (view === undefined) throw notFoundProblem('artifact');
    return { status: 200, body: presentKnownArtifact(view) };
  },
});

const record = route({
  method: 'POST',
  path: '/v1/artifacts',
  operation: 'recordArtifact',
  summary: 'Records an artifact; its push counts for the pipelines that your groups own',
  access: 'caller',
  body: { kind: 'json', schema: artifactInput },
  answers: {
    200: { description: 'It was known', schema: knownArtifact },
    201: { description: 'Recorded', schema: knownArtifact },
  },
  async handle(ports, { caller, body }) {
    const answer = await recordArtifact(ports, { caller, input: body });
    if (answer.kind === 'forbidden') throw forbiddenProblem(answer.message);
    if (answer.kind === 'invalid') {
      throw invalidProblem(answer.errors, { what: 'The artifact', code: answer.code });
    }
    return { status: answer.kind === 'recorded' ? 201 : 200, body: presentKnownArtifact(answer) };
  },
});

const addFact = route({
  method: 'POST',
  path: '/v1/artifacts/{uuid}/facts',
  operation: 'recordFact',
  summary: 'Records a fact about an artifact, for the pipelines that your groups own',
  access: 'caller',
  body: { kind: 'json', schema: factInput },
  answers: { 201: { description: 'Recorded', schema: fact } },
  async handle(ports, { caller, params, body }) {
    const answer = await recordFact(ports, { caller, uuid: params.uuid ?? '', body });
    if (answer.kind === 'notFound') throw notFoundProblem('artifact');
    if (answer.kind === 'invalid') throw invalidProblem(answer.errors, { what: 'The fact' });
    return { status: 201, body: presentFact(answer.fact) };
  },
});

export const artifactRoutes = [list, get, record, addFact];
