import { z } from 'zod';
import { listOf, pageQuery } from '../../../shared/contracts/common.ts';
import { readPipelineFile } from '../../../shared/contracts/pipeline-file.ts';
import {
  listedPipeline,
  pipeline,
  pipelineFileBody,
  pipelineQuery,
  savedPipeline,
} from '../../../shared/contracts/pipelines.ts';
import { presentListedPipeline, presentPipeline } from '../../../shared/contracts/present-pipeline.ts';
import { stepKindsOf } from '../../../shared/domain/step-kinds.ts';
import { deletePipeline } from '../../../shared/flows/delete-pipeline.ts';
import { listPipelines } from '../../../shared/flows/list-pipelines.ts';
import { findPipeline } from '../../../shared/flows/load-pipeline.ts';
import { putPipeline } from '../../../shared/flows/put-pipeline.ts';
import type { Ports } from '../../../shared/ports/ports.ts';
import {
  forbiddenProblem,
  HttpProblem,
  invalidProblem,
  notFoundProblem,
} from '../../../shared/runtime/http-problem.ts';
import { bytesRoute, route } from '../../../shared/runtime/route.ts';
import { answerWhole } from './lists.ts';
import { nameOf } from './names.ts';

const fileTypes = ['application/yaml', 'application/json', 'text/yaml', 'application/x-yaml'];

const put = bytesRoute({
  method: 'PUT',
  path: '/v1/pipelines/{name}',
  operation: 'putPipeline',
  summary: 'Puts a pipeline file; the same content is the same version',
  access: 'caller',
  body: { kind: 'bytes', mediaTypes: fileTypes, maxBytes: 256 * 1024, describedBy: pipelineFileBody },
  answers: {
    200: { description: 'Changed, or the same as before', schema: savedPipeline },
    201: { description: 'Created', schema: savedPipeline },
  },
  async handle(ports, { caller, params, body, mediaType }) {
    const request = { name: nameOf(params), body, mediaType, caller, engine: engineOf(ports) };
    const answer = await putPipeline({ ...ports, readPipelineFile }, request);
    switch (answer.kind) {
      case 'saved':
        return { status: answer.created ? 201 : 200, body: { name: answer.name, version: answer.version } };
      case 'invalid':
        throw invalidProblem(answer.errors, { what: 'The pipeline file' });
      default:
        throw new HttpProblem(refusals[answer.kind].status, refusals[answer.kind].code, answer.message);
    }
  },
});

const refusals = {
  forbidden: { status: 403, code: 'forbidden' },
  malformed: { status: 400, code: 'malformed' },
  unsupported: { status: 415, code: 'unsupportedMediaType' },
  tooLarge: { status: 413, code: 'tooLarge' },
} as const;

/** The embedded engine is the one that has `directory` steps. A `pipeline` step is the flows' own. */
function engineOf({ deployers }: Pick<Ports, 'deployers'>) {
  const embedded = Object.hasOwn(deployers, 'directory');
  const kinds = stepKindsOf(embedded ? 'embedded' : 'aws');
  return { embedded, stepKinds: kinds.filter((kind) => kind === 'pipeline' || Object.hasOwn(deployers, kind)) };
}

const list = route({
  method: 'GET',
  path: '/v1/pipelines',
  operation: 'listPipelines',
  summary: 'Pipelines that you may see',
  access: 'caller',
  query: z.object(pageQuery),
  answers: { 200: { description: 'By name', schema: listOf(listedPipeline) } },
  conditional: true,
  async handle(ports, { caller, query }) {
    const { items } = await listPipelines(ports, { caller, limit: Number.MAX_SAFE_INTEGER });
    return answerWhole(items, query, { key: (head) => head.name, present: presentListedPipeline });
  },
});

const get = route({
  method: 'GET',
  path: '/v1/pipelines/{name}',
  operation: 'getPipeline',
  summary: 'A pipeline in its present version, or in the one asked for',
  access: 'caller',
  query: pipelineQuery,
  answers: { 200: { description: 'The pipeline', schema: pipeline } },
  conditional: true,
  async handle(ports, { caller, params, query }) {
    const view = await findPipeline(ports, { caller, name: params.name ?? '', version: query.version });
    if (view === undefined) throw notFoundProblem('pipeline or version');
    return { status: 200, body: presentPipeline(view) };
  },
});

const remove = route({
  method: 'DELETE',
  path: '/v1/pipelines/{name}',
  operation: 'deletePipeline',
  summary: 'Deletes a pipeline; its versions, claims and proofs stay',
  access: 'caller',
  answers: { 204: { description: 'Deleted' } },
  async handle(ports, { caller, params }) {
    const answer = await deletePipeline(ports, { caller, name: params.name ?? '' });
    if (answer.kind === 'missing') throw notFoundProblem('pipeline');
    if (answer.kind === 'forbidden') throw forbiddenProblem(answer.message);
    if (answer.kind === 'conflict') throw new HttpProblem(409, 'conflict', answer.message);
    return { status: 204 };
  },
});

export const pipelineRoutes = [put, list, get, remove];
