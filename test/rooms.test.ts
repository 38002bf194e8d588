import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { edgesOf, faultOf, roomOf, rooms } from './rooms.ts';

const root = join(import.meta.dirname, '..');
const tops = ['shared', 'functions', 'local', 'infra', 'bench'];
const files = tops.flatMap(filesUnder);
const sources = files.filter((path) => !path.endsWith('.test.ts'));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const edges = sources.flatMap((path) => edgesOf(path, read(path)));

function filesUnder(top: string): readonly string[] {
  const paths = readdirSync(join(root, top), { recursive: true, encoding: 'utf8' });
  return paths.map((path) => `${top}/${path}`).filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
}

describe('rooms', () => {
  it('sees the whole house', () => {
    expect(sources.length).toBeGreaterThan(150);
    expect(edges.length).toBeGreaterThan(500);
    const seen = new Set(sources.map(roomOf));
    expect(
      ['domain', 'flows', 'runtime', 'adapters/dynamodb', 'functions/api', 'local'].filter((room) => !seen.has(room)),
    ).toEqual([]);
  });

  it('has every file in a room of the table', () => {
    const homeless = sources.filter((path) => rooms[roomOf(path) ?? ''] === undefined);
    expect(homeless).toEqual([]);
  });

  it('imports only what the table allows', () => {
    expect(edges.map(faultOf).filter((fault) => fault !== undefined)).toEqual([]);
  });

  it('imports files that are there, by their whole name', () => {
    // The bench measures by the fixtures of the tests.
    const known = new Set([...files, ...filesUnder('test')]);
    const loose = edges.filter(({ to }) => to.kind === 'file' && to.path.endsWith('.ts') && !known.has(to.path));
    expect(loose).toEqual([]);
    expect(edges.filter(({ to }) => to.kind === 'file' && !/\.(ts|mjs|json)$/.test(to.path))).toEqual([]);
  });

  it('keeps handlers at 40 lines and other sources at 400', () => {
    const lines = (path: string) => read(path).split('\n').length - 1;
    const bound = (path: string) => (path.endsWith('/handler.ts') ? 40 : 400);
    expect(sources.filter((path) => lines(path) > bound(path))).toEqual([]);
    const handlers = sources.filter((path) => path.startsWith('functions/') && path.endsWith('/handler.ts'));
    expect(handlers.length).toBeGreaterThanOrEqual(6);
  });

  it('has a handler in every function', () => {
    const folders = new Set(sources.map(roomOf).filter((room) => room?.startsWith('functions/')));
    expect([...folders].filter((room) => !files.includes(`${room}/handler.ts`))).toEqual([]);
  });
});

describe('the rule itself', () => {
  it.each([
    ['shared/domain/x.ts', "import { a } from '../ports/clock.ts';"],
    ['shared/domain/x.ts', "import type { A } from '../flows/wake.ts';"],
    ['shared/domain/x.ts', "import { createHash } from 'node:crypto';"],
    ['shared/domain/x.ts', "import {\n  one,\n  two,\n} from 'zod';"],
    ['shared/domain/gates/x.ts', "export { a } from '../../contracts/schema.ts';"],
    ['shared/domain/x.ts', "export * from '../contracts/schema.ts';"],
    ['shared/domain/x.ts', "const a = await import('../adapters/oci/x.ts');"],
    ['shared/domain/x.ts', "let a: import('../ports/ports.ts').Ports;"],
    ['shared/domain/x.ts', 'const a = await import(name);'],
    ['shared/domain/x.ts', "import '../../local/main.ts';"],
    ['shared/domain/x.ts', "// import { a } from './y.ts';\nimport { b } from '../ports/clock.ts';"],
    ['shared/flows/x.ts', "import { createStores } from '../adapters/dynamodb/stores.ts';"],
    ['shared/flows/x.ts', "import { readWith } from '../contracts/schema.ts';"],
    ['shared/flows/x.ts', "import { readFile } from 'node:fs/promises';"],
    ['shared/adapters/oci/x.ts', "import { createOutbound } from '../outbound/outbound.ts';"],
    ['shared/adapters/s3/x.ts', "import { SQSClient } from '@aws-sdk/client-sqs';"],
    ['shared/runtime/x.ts', "import { putAccount } from '../flows/put-account.ts';"],
    ['shared/runtime/x.ts', "import { z } from 'zod';"],
    ['shared/receivers/x.ts', "import { readFileSync } from 'node:fs';"],
    ['functions/api/x.ts', "import { handler } from '../sweep/handler.ts';"],
    ['functions/api/x.ts', "import { main } from '../../local/main.ts';"],
    ['infra/x.ts', "import { putAccount } from '../shared/flows/put-account.ts';"],
    ['local/x.ts', "import { partialPorts } from '../test/fixtures/partial-ports.ts';"],
    ['local/x.ts', "import { App } from 'aws-cdk-lib';"],
    ['web/x.ts', "import { z } from 'zod';"],
  ])('%s refuses %s', (from, source) => {
    expect(
      edgesOf(from, source)
        .map(faultOf)
        .filter((fault) => fault !== undefined),
    ).toHaveLength(1);
  });

  it.each([
    ['shared/domain/gates/x.ts', "import { a } from '../digest.ts';\nimport semver from 'semver';"],
    ['shared/flows/run/x.ts', "import type { Ports } from '../../ports/ports.ts';"],
    ['functions/api/routes/x.ts', "import { a } from '../../../shared/adapters/oci/x.ts';"],
    ['functions/api/handler.ts', "const { awsPorts } = await import('../aws-ports.ts');"],
    ['local/x.ts', "import { createHandler } from '../functions/api/handler.ts';"],
    ['shared/domain/x.ts', "/* import { a } from '../ports/clock.ts'; */ export const text = 'from there';"],
  ])('%s allows %s', (from, source) => {
    expect(
      edgesOf(from, source)
        .map(faultOf)
        .filter((fault) => fault !== undefined),
    ).toEqual([]);
  });
});
