import { z } from 'zod';
import type { Json, JsonObject } from '../domain/json.ts';
import { isJsonObject } from '../domain/json.ts';
import { problem } from './problem.ts';
import { problemMediaType } from './problem-media-type.ts';
import type { AnswerContract, BodyContract, RouteContract } from './route-contract.ts';
import type { Schema } from './schema.ts';

/** Turns a schema to JSON Schema and moves what it defines by name into the document's components. */
type Describe = (schema: Schema<unknown>, io: 'input' | 'output') => JsonObject;

/** The OpenAPI 3.1 document of a route table. */
export function openApi(routes: readonly RouteContract[], version: string): JsonObject {
  const schemas: Record<string, Json> = {};
  const describe = createDescribe(schemas);
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route, describe) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Waybill',
      version,
      description: 'Carries an artifact from the registry to production by its digest.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ bearer: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A wb_ token, or a JWT of the configured issuer' },
      },
    },
  };
}

function operationOf(route: RouteContract, describe: Describe): JsonObject {
  const answers = Object.entries(route.answers).map(([status, answer]) => [status, answerOf(answer, describe)]);
  return {
    operationId: route.operation,
    summary: route.summary,
    tags: [route.path.split('/')[2] ?? 'service'],
    ...(route.access === 'public' ? { security: [] } : {}),
    ...(route.access === 'operator' || route.access === 'admin' ? { 'x-waybill-access': route.access } : {}),
    parameters: [
      ...pathParameters(route.path),
      ...queryParameters(route.query, describe),
      ...conditionParameter(route),
    ],
    ...(route.body === undefined ? {} : { requestBody: bodyOf(route.body, describe) }),
    responses: {
      ...Object.fromEntries(answers),
      ...(route.conditional === true ? { 304: { description: 'Not modified' } } : {}),
      default: answerOf({ description: 'A problem', schema: problem, mediaType: problemMediaType }, describe),
    },
  };
}

function answerOf(answer: AnswerContract, describe: Describe): JsonObject {
  if (answer.schema === undefined) return { description: answer.description };
  const mediaType = answer.mediaType ?? 'application/json';
  return {
    description: answer.description,
    content: { [mediaType]: { schema: describe(answer.schema, 'output') } },
  };
}

function bodyOf(body: BodyContract<unknown>, describe: Describe): JsonObject {
  if (body.kind === 'json') {
    const content = { 'application/json': { schema: describe(body.schema, 'input') } };
    return { required: body.optional !== true, content };
  }
  const schema: JsonObject = body.describedBy === undefined ? {} : { schema: describe(body.describedBy, 'input') };
  return { required: true, content: Object.fromEntries(body.mediaTypes.map((mediaType) => [mediaType, schema])) };
}

function pathParameters(path: string): readonly JsonObject[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  return names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
}

function queryParameters(query: Schema<unknown> | undefined, describe: Describe): readonly JsonObject[] {
  if (query === undefined) return [];
  const { properties, required } = describe(query, 'input');
  if (!isJsonObject(properties)) return [];
  const isRequired = (name: string) => Array.isArray(required) && required.includes(name);
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: isRequired(name),
    schema,
  }));
}

function conditionParameter(route: RouteContract): readonly JsonObject[] {
  return route.conditional === true ? [{ name: 'If-None-Match', in: 'header', schema: { type: 'string' } }] : [];
}

function createDescribe(schemas: Record<string, Json>): Describe {
  return (schema, io) => {
    const text = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: 'any' }));
    const described: JsonObject = JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/'));
    const { $schema: _dialect, $defs, id: _id, ...rest } = described;
    if (isJsonObject($defs)) for (const [id, definition] of Object.entries($defs)) schemas[id] = withoutId(definition);
    return rest;
  };
}

/** zod repeats the name as `id`, which JSON Schema does not know. */
function withoutId(definition: Json): Json {
  if (!isJsonObject(definition)) return definition;
  const { id: _id, ...rest } = definition;
  return rest;
}
