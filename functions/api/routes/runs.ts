import { z } from 'zod';
import { sourceVersion } from '../../../shared/contracts/artifacts.ts';
import { listOf, pageQuery } from '../../../shared/contracts/common.ts';
import { startedExecution, startInput } from '../../../shared/contracts/executions.ts';
import { presentVersion } from '../../../shared/contracts/present-artifact.ts';
import { listVersions } from '../../../shared/flows/list-versions.ts';
import { startManually } from '../../../shared/flows/start-manually.ts';
import {
  forbiddenProblem,
  HttpProblem,
  invalidProblem,
  notFoundProblem,
} from '../../../shared/runtime/http-problem.ts';
import { route } from '../../../shared/runtime/route.ts';
import { answerPage } from './lists.ts';

const versions = route({
  method: 'GET',
  path: '/v1/pipelines/{name}/sources/{source}/versions',
  operation: 'listVersions',
  summary: 'What a source admits',
  access: 'caller',
  query: z.object(pageQuery),
  answers: { 200: { description: 'Best first', schema: listOf(sourceVersion) } },
  conditional: true,
  async handle(ports, { caller, params, query }) {
    const { name = '', source = '' } = params;
    const page = await listVersions(ports, { caller, pipeline: name, source, ...query });
    if (page === undefined) throw notFoundProblem('pipeline or source');
    return answerPage(page, presentVersion);
  },
});

const start = route({
  method: 'POST',
  path: '/v1/pipelines/{name}/executions',
  operation: 'startExecution',
  summary: 'Starts a run by hand; Idempotency-Key makes it safe to send again',
  access: 'caller',
  body: { kind: 'json', schema: startInput, optional: true },
  answers: { 202: { description: 'Started, now or before', schema: startedExecution } },
  async handle(ports, { caller, params, body, headers }) {
    const idempotencyKey = readKey(headers['idempotency-key']);
    const answer = await startManually(ports, { caller, pipeline: params.name ?? '', body, idempotencyKey });
    switch (answer.kind) {
      case 'started':
        return { status: 202, body: { executionId: answer.executionId } };
      case 'notFound':
        throw notFoundProblem('pipeline');
      case 'forbidden':
        throw forbiddenProblem(`Only owners of "${params.name}" may run it.`);
      case 'invalid':
        throw invalidProblem(answer.errors, { what: 'The run', code: answer.code });
    }
  },
});

function readKey(header: string | undefined): string | undefined {
  if (header === undefined || /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw new HttpProblem(400, 'malformed', 'Idempotency-Key is 1 to 255 visible ASCII characters.');
}

export const runRoutes = [versions, start];
