import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openApi } from '../../../shared/contracts/openapi.ts';
import { isJsonObject, type Json } from '../../../shared/domain/json.ts';
import { allRoutes } from './all-routes.ts';

const document = openApi(allRoutes, '1.0.0');
const lines = allRoutes.map((route) => `${route.method} ${route.path}`);

function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((inner, key) => (isJsonObject(inner) ? inner[key] : undefined), value);
}

describe('the route table', () => {
  it.each([
    'PUT /v1/receivers/{name}',
    'GET /v1/receivers',
    'DELETE /v1/receivers/{name}',
    'GET /v1/deliveries',
    'GET /v1/deliveries/{id}',
    'POST /v1/deliveries/{id}/replay',
    'PUT /v1/accounts/{name}',
    'GET /v1/accounts',
    'DELETE /v1/accounts/{name}',
    'PUT /v1/pipelines/{name}',
    'GET /v1/pipelines',
    'GET /v1/pipelines/{name}',
    'DELETE /v1/pipelines/{name}',
    'GET /v1/pipelines/{name}/sources/{source}/versions',
    'POST /v1/pipelines/{name}/executions',
    'GET /v1/executions',
    'GET /v1/executions/{id}',
    'POST /v1/executions/{id}/cancel',
    'POST /v1/executions/{id}/retry',
    'GET /v1/executions/{id}/artifacts',
    'GET /v1/executions/{id}/proof',
    'GET /v1/keys',
    'GET /v1/approvals',
    'POST /v1/approvals/{id}/decisions',
    'GET /v1/artifacts',
    'GET /v1/artifacts/{uuid}',
    'POST /v1/artifacts',
    'POST /v1/artifacts/{uuid}/facts',
    'POST /v1/import/spinnaker',
    'POST /v1/import/flow',
    'POST /v1/explain',
    'GET /v1/environments',
    'GET /v1/environments/{name}/history',
    'POST /v1/tokens',
    'GET /v1/tokens',
    'DELETE /v1/tokens/{id}',
    'POST /v1/callbacks/{token}',
    'GET /v1/openapi.json',
    'GET /healthz',
  ])('has %s of the contract', (line) => {
    expect(lines).toContain(line);
  });

  it('has each line and each operation once', () => {
    expect(new Set(lines).size).toBe(lines.length);
    expect(new Set(allRoutes.map((route) => route.operation)).size).toBe(lines.length);
  });

  it('asks everybody but health and callbacks for a token', () => {
    const open = allRoutes.filter((route) => route.access === 'public').map((route) => route.path);
    expect(open.toSorted()).toEqual(['/healthz', '/v1/callbacks/{token}']);
  });

  it('keeps accounts and tokens to admins, receivers to operators', () => {
    const accessOf = (start: string) =>
      new Set(allRoutes.filter((route) => route.path.startsWith(start)).map((route) => route.access));
    expect(accessOf('/v1/accounts')).toEqual(new Set(['admin']));
    expect(accessOf('/v1/tokens')).toEqual(new Set(['admin']));
    expect(accessOf('/v1/receivers')).toEqual(new Set(['operator']));
  });

  it('pages every list, and answers lists and executions with an ETag', () => {
    const lists = allRoutes.filter((route) => route.method === 'GET' && route.operation.startsWith('list'));
    const unpaged = lists.filter((route) => !(route.query instanceof z.ZodObject && 'limit' in route.query.shape));
    expect(unpaged.map((route) => route.path)).toEqual(['/v1/keys']);
    expect(lists.filter((route) => route.conditional !== true)).toEqual([]);
    expect(allRoutes.find((route) => route.operation === 'getExecution')?.conditional).toBe(true);
  });
});

describe('OpenAPI', () => {
  it('has an operation for every line of the table, and no other', () => {
    const paths = isJsonObject(document.paths) ? document.paths : {};
    const described = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(isJsonObject(item) ? item : {}).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.toSorted()).toEqual(lines.toSorted());
  });

  it('declares every path parameter', () => {
    for (const route of allRoutes) {
      const parameters = at(document, 'paths', route.path, route.method.toLowerCase(), 'parameters');
      const names = (Array.isArray(parameters) ? parameters : [])
        .filter((parameter) => at(parameter, 'in') === 'path')
        .map((parameter) => `{${at(parameter, 'name')}}`);
      expect(names).toEqual(route.path.match(/\{\w+\}/g) ?? []);
    }
  });

  it('shows limits, formats and defaults as a client must send them', () => {
    const parameters = at(document, 'paths', '/v1/executions', 'get', 'parameters');
    expect(parameters).toContainEqual(expect.objectContaining({ name: 'limit', in: 'query', required: false }));
    const body = at(document, 'paths', '/v1/tokens', 'post', 'requestBody', 'content', 'application/json', 'schema');
    expect(body).toEqual({ $ref: '#/components/schemas/TokenInput' });
    expect(at(document, 'components', 'schemas', 'TokenInput', 'properties', 'expiresIn', 'type')).toBe('string');
  });

  it('leaves no reference open', () => {
    const text = JSON.stringify(document);
    const open = [...text.matchAll(/"\$ref":"([^"]+)"/g)]
      .map((match) => match[1] ?? '')
      .filter((reference) => at(document, ...reference.slice(2).split('/')) === undefined);
    expect(open).toEqual([]);
    expect(text).not.toContain('$defs');
  });

  it('shows no credential in any answer', () => {
    const answers = allRoutes.flatMap((route) => Object.values(route.answers).map((answer) => answer.schema));
    const shapes = answers.map((schema) =>
      schema === undefined ? '' : JSON.stringify(z.toJSONSchema(schema, { unrepresentable: 'any' })),
    );
    expect(shapes.filter((shape) => /"(password|secret|hookId|tokenHash)"/.test(shape))).toEqual([]);
  });
});
