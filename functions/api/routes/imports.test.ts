import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { apiStack } from '../../../shared/runtime/api-stack.ts';
import { partialPorts } from '../../../test/fixtures/partial-ports.ts';
import { importRoutes } from './imports.ts';

/** No port is given but the clock, the log and hashing: an import reads and saves nothing. */
const call = apiStack(partialPorts({}), { adminToken: 'root' }, importRoutes);
const examples = join(import.meta.dirname, '..', '..', '..', 'examples', 'import');

async function post(path: string, type: string, body: string | Uint8Array, token = 'root') {
  const answer = await call({
    rawPath: path,
    rawQueryString: '',
    headers: { authorization: `Bearer ${token}`, 'content-type': type },
    requestContext: { requestId: 'id-1', http: { method: 'POST' } },
    body: Buffer.from(body).toString('base64'),
    isBase64Encoded: true,
  });
  return { status: answer.statusCode, body: JSON.parse(answer.body) };
}

const spinnaker = '/v1/import/spinnaker';
const flow = '/v1/import/flow';

it.each([
  [spinnaker, 'application/json', 'spinnaker-shop.json', 'deploy-shop'],
  [flow, 'application/yaml', 'flow-release.yaml', 'shop-release'],
  [flow, 'text/yaml; charset=utf-8', 'flow-release.yaml', 'shop-release'],
])('%s answers %s with a pipeline and notes', async (path, type, file, name) => {
  const { status, body } = await post(path, type, readFileSync(join(examples, file)));
  expect(status).toBe(200);
  expect(body).toMatchObject({
    pipeline: { name },
    notes: expect.arrayContaining([{ path: 'name', message: expect.any(String) }]),
  });
  expect(body.notes.filter(({ message }: { message: string }) => message.startsWith('before it can be put'))).toEqual(
    [],
  );
});

it.each<[string, string, string, number, string]>([
  [spinnaker, 'application/json', '{', 400, 'malformed'],
  [spinnaker, 'application/json', '[]', 422, 'invalid'],
  [spinnaker, 'application/json', '{"stages":{}}', 422, 'invalid'],
  [spinnaker, 'application/json', '{"stages":[],"stages":[]}', 422, 'invalid'],
  [spinnaker, 'application/yaml', 'stages: []', 415, 'unsupportedMediaType'],
  [flow, 'application/yaml', 'stages: [', 400, 'malformed'],
  [flow, 'application/yaml', 'name: x', 422, 'invalid'],
  [flow, 'application/yaml', '- x', 422, 'invalid'],
  [flow, 'text/plain', 'stages: {}', 415, 'unsupportedMediaType'],
  [flow, 'application/yaml', `stages: {a: ${'x'.repeat(256 * 1024)}}`, 413, 'tooLarge'],
])('%s refuses %s %s with %i', async (path, type, body, status, code) => {
  expect(await post(path, type, body)).toMatchObject({ status, body: { code } });
});

it('is for those with a token', async () => {
  expect((await post(flow, 'application/yaml', 'stages: {}', '')).status).toBe(401);
});

it('no JSON and no text is a 5xx', async () => {
  const bodies = fc.oneof(
    fc.json(),
    fc.string(),
    fc.jsonValue().map((value) => JSON.stringify({ name: 'x', stages: value })),
    fc.array(fc.jsonValue()).map((stages) => JSON.stringify({ stages })),
  );
  await fc.assert(
    fc.asyncProperty(
      bodies,
      fc.constantFrom([spinnaker, 'application/json'], [flow, 'application/yaml'], [flow, 'application/json']),
      async (body, [path = '', type = '']) => {
        expect((await post(path, type, body)).status).toBeLessThan(500);
      },
    ),
    { numRuns: 500 },
  );
});
