import { describe, expect, it } from 'vitest';
import { HttpProblem } from './http-problem.ts';
import { type Route, route } from './route.ts';
import { createRouter } from './router.ts';

function line(method: Route['method'], path: string): Route {
  const handle = async () => ({ status: 200 });
  return route({ method, path, operation: `${method} ${path}`, summary: '', access: 'caller', answers: {}, handle });
}

const find = createRouter([
  line('GET', '/v1/artifacts/{uuid}'),
  line('POST', '/v1/artifacts/resolve'),
  line('PUT', '/v1/pipelines/{name}'),
  line('GET', '/v1/pipelines/{name}'),
  line('GET', '/v1/pipelines/{name}/sources/{source}/versions'),
]);

function outcome(method: string, path: string) {
  try {
    const { route: found, params } = find(method, path);
    return [found.operation, params];
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    return [error.problem.status, error.headers.allow ?? null];
  }
}

describe('router', () => {
  it.each([
    ['GET', '/v1/pipelines/shop', ['GET /v1/pipelines/{name}', { name: 'shop' }]],
    ['HEAD', '/v1/pipelines/shop', ['GET /v1/pipelines/{name}', { name: 'shop' }]],
    ['GET', '/v1/pipelines/a%20b%2Fc', ['GET /v1/pipelines/{name}', { name: 'a b/c' }]],
    [
      'GET',
      '/v1/pipelines/shop/sources/image/versions',
      ['GET /v1/pipelines/{name}/sources/{source}/versions', { name: 'shop', source: 'image' }],
    ],
    ['POST', '/v1/artifacts/resolve', ['POST /v1/artifacts/resolve', {}]],
    ['GET', '/v1/artifacts/resolve', ['GET /v1/artifacts/{uuid}', { uuid: 'resolve' }]],
    ['DELETE', '/v1/pipelines/shop', [405, 'HEAD, GET, PUT']],
    ['TRACE', '/v1/pipelines/shop', [405, 'HEAD, GET, PUT']],
    ['GET', '/v1/pipelines/', [404, null]],
    ['GET', '/v1/pipelines', [404, null]],
    ['GET', '/v1/pipelines/shop/', [404, null]],
    ['GET', '/', [404, null]],
    ['GET', '', [404, null]],
    ['GET', `/${'a'.repeat(9000)}`, [404, null]],
    ['GET', `/v1/pipelines/${'a'.repeat(513)}`, [404, null]],
    ['GET', '/v1/pipelines/%ff', [400, null]],
    ['GET', '/v1/pipelines/%', [400, null]],
    ['GET', '/v1/__proto__/shop', [404, null]],
  ])('%s %.60s', (method, path, expected) => {
    expect(outcome(method, path)).toEqual(expected);
  });
});
