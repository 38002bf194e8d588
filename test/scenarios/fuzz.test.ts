import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../../shared/domain/json.ts';
import { findRow, type Proof, readSample } from '../contracts/receiver-row.ts';
import { mutated } from '../fixtures/mutated-json.ts';
import { ociImage, pushImage } from '../fixtures/oci-image.ts';
import { eventually, isAlive } from '../fixtures/process-tree.ts';
import { receiverTypes } from '../fixtures/receiver-types.ts';
import { type RunningService, startService } from '../fixtures/running-service.ts';
import { makeScenarioFolder, type ScenarioFolder } from '../fixtures/scenario-folder.ts';
import { thorough } from '../fixtures/thorough.ts';

const milliseconds = Number(process.env.WAYBILL_FUZZ_MS ?? (thorough ? 3_000 : 1_000));
const seed = Number(process.env.WAYBILL_FUZZ_SEED ?? Date.now() % 1_000_000);

let folder: ScenarioFolder;
let service: RunningService;
let routes: readonly FuzzedRoute[];
beforeAll(async () => {
  folder = await makeScenarioFolder();
  service = await startService({ dataDir: folder.path });
  routes = routesOf((await service.call('GET', '/v1/openapi.json')).json);
  expect((await service.call('PUT', '/v1/pipelines/shop', shop)).status).toBe(201);
  await pushImage(ociImage({ a: 'b' }), { baseUrl: service.baseUrl, repository: 'fuzz/shop', tag: '1' });
  known.push(...(await idsOf('/v1/approvals', 'id')), ...(await idsOf('/v1/executions', 'id')));
  known.push(...(await idsOf('/v1/deliveries', 'id')));
  known.push(...(await idsOf('/v1/artifacts?name=registry.local/fuzz/shop', 'uuid')));
  expect(known).toHaveLength(4);
  const receiver = { type: 'distribution', secret, repositories: ['registry.example.com/**'] };
  hook = (await service.call('PUT', '/v1/receivers/fuzz', receiver)).json.url;
  for (const type of Object.keys(receiverTypes)) senderCalls.push(...(await callsOf(type)));
}, 30_000);
afterAll(async () => {
  await service?.stop();
  await folder?.remove();
});

const shop = {
  name: 'shop',
  sources: { image: { type: 'registry', repository: 'registry.local/fuzz/shop', on: ['push'] } },
  stages: { one: { gates: [{ approval: { groups: ['qa'], timeout: '1h' } }] } },
};
const secret = 'Bearer 0123456789abcdef';
let hook = '';
/** Ids of what is there: an approval, an execution, a delivery, an artifact. */
const known: string[] = [];

async function idsOf(path: string, key: string): Promise<readonly string[]> {
  const find = async () => (await service.call('GET', path)).json.items;
  expect(await eventually(async () => (await find()).length > 0, 10_000)).toBe(true);
  return (await find()).map((item: Readonly<Record<string, string>>) => item[key]);
}

interface SenderCall {
  readonly json: Json;
  readonly path: string;
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly prove: (body: Uint8Array) => Proof;
}

/** What each kind of sender sends, to a door of its own. */
const senderCalls: SenderCall[] = [];

/** Of the one whose keys are at Google's there are none. Their doors may speak of nothing, so that no registry outside is asked. */
async function callsOf(type: string): Promise<readonly SenderCall[]> {
  const row = await findRow(type);
  if (row === undefined || type === 'gar') return [];
  const [certificate] = Object.values(row.keys ?? {}).map((bytes) => new TextDecoder().decode(bytes));
  const settings = { ...row.settings, ...(certificate === undefined ? {} : { certificate }) };
  const receiver = {
    type,
    repositories: ['nothing.example.com/**'],
    registry: row.registry,
    secret: row.secrets,
    ...settings,
  };
  const { status, json, text: told } = await service.call('PUT', `/v1/receivers/fuzz-${type}`, receiver);
  expect(status, told).toBe(201);
  const samples = row.samples.filter(({ file }) => file.endsWith('.json'));
  return samples.map(({ file, headers = {}, contentType }) => ({
    json: JSON.parse(new TextDecoder().decode(readSample(type, file))),
    path: json.url,
    type: contentType ?? row.contentType ?? 'application/json',
    headers,
    prove: (body) => row.prove({ body, secret: row.secrets[0] ?? '', now: Date.now() }),
  }));
}

function senderShot({ json, path, type, headers, prove }: SenderCall): Shot {
  const body = JSON.stringify(json);
  const proof = prove(new TextEncoder().encode(body));
  const query = new URLSearchParams(proof.query).toString();
  return { method: 'POST', path: `${path}?${query}`, body, type, headers: { ...headers, ...proof.headers } };
}

type Schema = Readonly<Record<string, unknown>>;

interface FuzzedRoute {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly body?: { readonly mediaType: string; readonly schema: Schema };
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
}

function routesOf(document: Document): readonly FuzzedRoute[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => /^(get|put|post|delete)$/.test(method))
      .map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        query: (operation.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name),
        ...bodyOf(operation, document),
      })),
  );
}

function bodyOf({ requestBody }: Operation, document: Document): Pick<FuzzedRoute, 'body'> {
  const [first] = Object.entries(requestBody?.content ?? {});
  if (first === undefined) return {};
  const [mediaType, { schema }] = first;
  return { body: { mediaType, schema: resolved(schema ?? {}, document.components.schemas) } };
}

function resolved(schema: Schema, schemas: Document['components']['schemas']): Schema {
  const name = typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined;
  return name === undefined ? schema : (schemas[name] ?? {});
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom(
    '',
    'a',
    '__proto__',
    'constructor',
    '../..',
    '%00',
    '\u0000',
    '\ud800',
    '90s',
    'sha256:',
    'registry.local/a/b',
  ),
  fc.constant(`sha256:${'ab'.repeat(32)}`),
  fc.constantFrom(
    'shop',
    'docker/image',
    '2026-11-20T10:15:00Z',
    '*',
    '$[sources.image]',
    '${TAG}',
    'regex:(',
    'semver:>',
  ),
);
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    fc.constantFrom(null, true, false, 0, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
})).value;

/** Near what the route wants: its own keys with values of all sorts, so that the checks behind the first are met too. */
function bodyLike(schema: Schema): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema.properties ?? {}) as Readonly<Record<string, Schema>>);
  if (properties.length === 0) return anything;
  const fields = Object.fromEntries(properties.map(([name, property]) => [name, valueLike(property)]));
  return fc.oneof(fc.record(fields, { requiredKeys: [] }), anything);
}

function valueLike(schema: Schema): fc.Arbitrary<unknown> {
  const { type, enum: words, examples } = schema;
  const fitting: fc.Arbitrary<unknown>[] = [];
  if (Array.isArray(words)) fitting.push(fc.constantFrom(...words));
  if (Array.isArray(examples)) fitting.push(fc.constantFrom(...examples));
  if (type === 'array') fitting.push(fc.array(valueLike((schema.items ?? {}) as Schema), { maxLength: 3 }));
  if (type === 'object' && schema.properties !== undefined) fitting.push(bodyLike(schema));
  if (type === 'string') fitting.push(text);
  return fc.oneof({ weight: 1, arbitrary: anything }, ...fitting.map((arbitrary) => ({ weight: 3, arbitrary })));
}

/** As a path part: well encoded, or not, or of what is there. */
const part = fc.oneof(
  { weight: 3, arbitrary: fc.nat().map((i) => known[i % known.length] ?? 'a') },
  {
    weight: 3,
    arbitrary: fc
      .string({ maxLength: 60 })
      .map((name) => encodeURIComponent(name.replaceAll(/[\ud800-\udfff]/g, '')) || 'a'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'shop',
      'a',
      'image',
      '__proto__',
      '%2e%2e',
      '..%2f',
      '%ff',
      '%',
      '%00',
      'a'.repeat(600),
    ),
  },
);

interface Shot {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function shotAt(route: FuzzedRoute): fc.Arbitrary<Shot> {
  const names = route.path.match(/\{[^}]+\}/g) ?? [];
  const body =
    route.body === undefined
      ? fc.constant(undefined)
      : fc.oneof(
          { weight: 6, arbitrary: bodyLike(route.body.schema).map((value) => JSON.stringify(value)) },
          { weight: 1, arbitrary: text },
        );
  const type = route.body?.mediaType ?? 'application/json';
  return fc
    .record({
      parts: fc.array(part, { minLength: names.length, maxLength: names.length }),
      query: fc.dictionary(fc.constantFrom(...route.query, 'x'), text, { maxKeys: 3 }),
      body,
      type: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(type, 'application/json') },
        { weight: 1, arbitrary: fc.constant('text/plain') },
      ),
    })
    .map(({ parts, query, body, type }) => {
      const path = names.reduce((filled, name, i) => filled.replace(name, parts[i] ?? 'a'), route.path);
      const search = new URLSearchParams(query).toString();
      return { method: route.method, path: search === '' ? path : `${path}?${search}`, body, type };
    });
}

/** Well proven, so that what is said is looked at. */
const notifications = fc
  .array(
    fc.record(
      {
        id: text,
        timestamp: text,
        action: fc.oneof(fc.constantFrom('push', 'delete', 'pull'), text),
        target: fc.record(
          {
            mediaType: fc.constantFrom('application/vnd.oci.image.manifest.v1+json', 'x/y'),
            digest: text,
            repository: fc.oneof(fc.constantFrom('shop', 'team/shop'), text),
            tag: fc.oneof(fc.constantFrom('1.0', 'latest'), text),
          },
          { requiredKeys: [] },
        ),
        request: fc.record({ host: fc.oneof(fc.constantFrom('registry.example.com', 'registry.local'), text) }),
        actor: anything,
      },
      { requiredKeys: [] },
    ),
    { maxLength: 3 },
  )
  .map(
    (events): Shot => ({
      method: 'POST',
      path: hook,
      body: JSON.stringify({ events }),
      type: 'application/json',
      headers: { authorization: secret },
    }),
  );

it('answers no 5xx whatever it is asked', { timeout: milliseconds + 30_000 }, async () => {
  expect(routes.length).toBeGreaterThan(30);
  const statuses = new Map<number, number>();
  const atRoutes = fc.constantFrom(...routes).chain(shotAt);
  const fromSenders = mutated(senderCalls).map(senderShot);
  const shots = fc.oneof(
    { weight: 8, arbitrary: atRoutes },
    { weight: 1, arbitrary: notifications },
    { weight: 2, arbitrary: fromSenders },
  );
  await fc.assert(
    fc.asyncProperty(shots, async ({ method, path, body, type, headers }) => {
      const sent = method === 'GET' ? undefined : body;
      const { status, text: answer } = await service.call(method, path, sent, {
        headers: { 'content-type': type, ...headers },
      });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status >= 500) throw new Error(`${status}: ${answer}\n${service.output().log.slice(-3_000)}`);
    }),
    { numRuns: 100_000, interruptAfterTimeLimit: milliseconds, markInterruptAsFailure: false, seed },
  );
  expect(isAlive(service.pid)).toBe(true);
  expect((await service.call('GET', '/healthz')).status).toBe(200);
  const told = [...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
  console.log(`fuzz: seed ${seed}, answers ${told.join(', ')}`);
  expect([...statuses.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(100);
});
