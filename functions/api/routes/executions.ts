import { z } from 'zod';
import { listOf, pageQuery, queryText } from '../../../shared/contracts/common.ts';
import { execution, executionQuery, listedExecution, publishedArtifact } from '../../../shared/contracts/executions.ts';
import { presentBuildArtifact } from '../../../shared/contracts/present-artifact.ts';
import { presentExecution, presentListedExecution } from '../../../shared/contracts/present-execution.ts';
import { getExecution } from '../../../shared/flows/get-execution.ts';
import { getProof } from '../../../shared/flows/get-proof.ts';
import { listExecutionArtifacts } from '../../../shared/flows/list-execution-artifacts.ts';
import { listExecutions } from '../../../shared/flows/list-executions.ts';
import { HttpProblem, notFoundProblem } from '../../../shared/runtime/http-problem.ts';
import { route } from '../../../shared/runtime/route.ts';
import { answerPage, answerWhole } from './lists.ts';

const list = route({
  method: 'GET',
  path: '/v1/executions',
  operation: 'listExecutions',
  summary: 'Executions of pipelines that you may see',
  access: 'caller',
  query: executionQuery,
  answers: { 200: { description: 'Newest first', schema: listOf(listedExecution) } },
  conditional: true,
  async handle(ports, { caller, query }) {
    return answerPage(await listExecutions(ports, { caller, ...query }), presentListedExecution);
  },
});

const get = route({
  method: 'GET',
  path: '/v1/executions/{id}',
  operation: 'getExecution',
  summary: 'An execution with its stages, jobs and steps',
  access: 'caller',
  answers: { 200: { description: 'The execution', schema: execution } },
  conditional: true,
  async handle(ports, { caller, params }) {
    const view = await getExecution(ports, { caller, id: params.id ?? '' });
    if (view === undefined) throw notFoundProblem('execution');
    return { status: 200, body: presentExecution(view) };
  },
});

const artifacts = route({
  method: 'GET',
  path: '/v1/executions/{id}/artifacts',
  operation: 'listExecutionArtifacts',
  summary: 'What the steps of an execution published',
  access: 'caller',
  query: z.object({ ...pageQuery, name: queryText.optional() }),
  answers: { 200: { description: 'By stage, job, step and name', schema: listOf(publishedArtifact) } },
  conditional: true,
  async handle(ports, { caller, params, query: { name, ...page } }) {
    const published = await listExecutionArtifacts(ports, { caller, id: params.id ?? '', name });
    if (published === undefined) throw notFoundProblem('execution');
    const key = (one: (typeof published)[number]) =>
      [one.stage, one.job, one.step, one.name ?? '', one.artifact.uuid].join('/');
    return answerWhole(published, page, { key, present: presentBuildArtifact });
  },
});

const proof = route({
  method: 'GET',
  path: '/v1/executions/{id}/proof',
  operation: 'getProof',
  summary: 'The signed statement of what was deployed',
  access: 'caller',
  query: z.object({
    attempt: z
      .string()
      .regex(/^[1-9]\d{0,5}$/, 'attempt is a whole number from 1.')
      .transform(Number)
      .optional(),
  }),
  answers: {
    200: {
      description: 'DSSE envelope of an in-toto Statement v1',
      schema: z.object({
        payloadType: z.string(),
        payload: z.string(),
        signatures: z.array(z.object({ keyid: z.string(), sig: z.string() })),
      }),
      mediaType: 'application/vnd.dsse.envelope.v1+json',
    },
  },
  async handle(ports, { caller, params, query }) {
    const answer = await getProof(ports, { caller, id: params.id ?? '', attempt: query.attempt });
    if (answer.kind === 'notFound') throw notFoundProblem('execution or attempt');
    if (answer.kind === 'running') {
      throw new HttpProblem(409, 'running', 'The execution is still running; its proof is signed when it has ended.');
    }
    if (answer.kind === 'nothingDeployed') {
      throw new HttpProblem(404, 'nothingDeployed', 'The execution deployed nothing, so there is nothing to prove.');
    }
    return { status: 200, body: answer.envelope, mediaType: 'application/vnd.dsse.envelope.v1+json' };
  },
});

export const executionRoutes = [list, get, artifacts, proof];
