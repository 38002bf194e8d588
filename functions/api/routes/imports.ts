import { z } from 'zod';
import {
  type ImportDocument,
  importedPipeline,
  noteFaults,
  readFlowImport,
  readImport,
} from '../../../shared/contracts/read-import.ts';
import type { Imported } from '../../../shared/domain/import/imported.ts';
import type { Json } from '../../../shared/domain/json.ts';
import { HttpProblem, invalidProblem } from '../../../shared/runtime/http-problem.ts';
import { type ApiAnswer, bytesRoute } from '../../../shared/runtime/route.ts';

const yamlTypes = ['application/yaml', 'text/yaml', 'application/x-yaml'];
const maxBytes = 256 * 1024;
const answers = { 200: { description: 'The file, and what it could not say', schema: importedPipeline } };

const spinnaker = bytesRoute({
  method: 'POST',
  path: '/v1/import/spinnaker',
  operation: 'importSpinnaker',
  summary: 'A pipeline of Spinnaker as a pipeline file; nothing is saved',
  access: 'caller',
  body: {
    kind: 'bytes',
    mediaTypes: ['application/json'],
    maxBytes,
    describedBy: z.looseObject({ stages: z.array(z.unknown()) }),
  },
  answers,
  async handle(_ports, { body, mediaType }) {
    // Translators are large, and seldom asked for.
    const { importSpinnaker } = await import('../../../shared/domain/import/import-spinnaker.ts');
    return answer(readImport(body, mediaType), importSpinnaker);
  },
});

const flow = bytesRoute({
  method: 'POST',
  path: '/v1/import/flow',
  operation: 'importFlow',
  summary: 'A pipeline of Alibaba Cloud DevOps Flow as a pipeline file; nothing is saved',
  access: 'caller',
  body: {
    kind: 'bytes',
    mediaTypes: [...yamlTypes, 'application/json'],
    maxBytes,
    describedBy: z.looseObject({ stages: z.record(z.string(), z.unknown()) }),
  },
  answers,
  async handle(_ports, { body, mediaType }) {
    const { importFlow } = await import('../../../shared/domain/import/import-flow.ts');
    return answer(readFlowImport(body, mediaType), importFlow);
  },
});

const refusals = {
  malformed: { status: 400, code: 'malformed' },
  unsupported: { status: 415, code: 'unsupportedMediaType' },
  tooLarge: { status: 413, code: 'tooLarge' },
} as const;

function answer(document: ImportDocument, translate: (file: Json) => Imported): ApiAnswer {
  if (document.kind === 'invalid') throw invalidProblem(document.errors, { what: 'The file' });
  if (document.kind !== 'ok') {
    throw new HttpProblem(refusals[document.kind].status, refusals[document.kind].code, document.message);
  }
  const imported = translate(document.value);
  if (imported.kind === 'invalid') throw invalidProblem(imported.errors, { what: 'The file' });
  const { pipeline, notes } = imported;
  return { status: 200, body: { pipeline, notes: [...document.notes, ...notes, ...noteFaults(pipeline)] } };
}

export const importRoutes = [spinnaker, flow];
