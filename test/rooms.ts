import { dirname, join } from 'node:path/posix';

/** The import table of the design as data (docs/design.md, section 3). */
export interface Room {
  /** Other rooms; a room may always import itself. `adapters/*` is every adapter. */
  readonly rooms: readonly string[];
  /** npm packages and `node:` modules; `node:*` is every one of Node's. */
  readonly packages: readonly string[];
}

const shared = ['domain', 'machine', 'receivers', 'contracts', 'ports', 'flows', 'runtime', 'adapters/*'];

const adapter = (...packages: readonly string[]): Room => ({
  rooms: ['domain', 'ports', 'contracts'],
  packages: ['node:*', ...packages],
});

/** A function: any shared room, the wiring on AWS, never another function. */
const lambda: Room = { rooms: [...shared, 'functions'], packages: ['zod'] };

export const rooms: Readonly<Record<string, Room>> = {
  domain: {
    rooms: [],
    packages: ['semver', 're2js', 'canonicalize', 'json-p3', 'fast-xml-parser', '@friedemannsommer/lcov-parser'],
  },
  machine: { rooms: ['domain'], packages: [] },
  receivers: { rooms: ['domain'], packages: ['zod', 'node:crypto'] },
  contracts: { rooms: ['domain'], packages: ['zod', 'yaml'] },
  ports: { rooms: ['domain'], packages: [] },
  flows: { rooms: ['domain', 'machine', 'receivers', 'ports'], packages: [] },
  runtime: {
    rooms: ['domain', 'contracts', 'ports'],
    packages: [
      '@aws-lambda-powertools/logger',
      '@aws-lambda-powertools/metrics',
      '@middy/core',
      'jose',
      'node:crypto',
      'node:util',
      'node:zlib',
    ],
  },
  'adapters/aws-api': adapter(),
  'adapters/dynamodb': adapter('@aws-sdk/client-dynamodb', 'zod'),
  'adapters/stepfunctions': adapter(),
  'adapters/sqs': adapter(),
  'adapters/s3': adapter('@aws-sdk/client-s3'),
  'adapters/secrets': adapter(),
  'adapters/kms': adapter('@aws-sdk/client-kms'),
  'adapters/ecr': adapter('@aws-sdk/client-ecr'),
  'adapters/harbor': adapter('zod'),
  'adapters/reports': adapter('zod'),
  'adapters/oci': adapter('zod'),
  'adapters/content': adapter(),
  'adapters/fetchers': adapter('@aws-sdk/client-s3', 'yaml', 'zod'),
  'adapters/outbound': adapter(),
  'adapters/signing': adapter(),
  'adapters/deployers': adapter(
    'tar-stream',
    'yaml',
    'zod',
    '@aws-sdk/client-codebuild',
    '@aws-sdk/client-ecs',
    '@aws-sdk/client-lambda',
    '@aws-sdk/client-ssm',
    '@kubernetes/client-node',
  ),
  'adapters/aws-targets': adapter('@aws-sdk/client-sts'),
  // The wiring on AWS, which makes the SDK clients that the adapters are given.
  functions: {
    rooms: shared,
    packages: [
      'node:crypto',
      '@aws-sdk/client-codebuild',
      '@aws-sdk/client-ecs',
      '@aws-sdk/client-kms',
      '@aws-sdk/client-lambda',
      '@aws-sdk/client-s3',
      '@aws-sdk/client-ssm',
    ],
  },
  'functions/api': lambda,
  'functions/receive-webhook': lambda,
  'functions/process-delivery': lambda,
  'functions/run-node': lambda,
  'functions/finish-execution': lambda,
  'functions/sweep': lambda,
  'functions/reconcile': lambda,
  'functions/retention': lambda,
  local: {
    rooms: [...shared, 'functions', 'functions/*'],
    packages: ['node:*', 'aws-local-stepfunctions', 'dynalite', 'zod', '@aws-sdk/client-dynamodb'],
  },
  infra: {
    rooms: ['contracts', 'machine'],
    packages: ['node:*', 'aws-cdk-lib', 'constructs', 'cdk-nag', 'esbuild'],
  },
  bench: {
    rooms: [...shared, 'local', 'functions', 'functions/*', 'infra', 'test'],
    packages: ['node:*', 'esbuild', '@aws-sdk/client-dynamodb'],
  },
};

/** The room of a source file by its path from the root; undefined where no rule is for it. */
export function roomOf(path: string): string | undefined {
  const [top, second = '', third] = path.split('/');
  if (top === 'shared') return second === 'adapters' ? `adapters/${third}` : second;
  if (top === 'functions') return third === undefined ? 'functions' : `functions/${second}`;
  return top;
}

/** What one import names. `computed`: a dynamic import whose name only the running program knows. */
export type Target =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'package'; readonly name: string }
  | { readonly kind: 'computed'; readonly expression: string };

export interface Edge {
  /** Path from the root. */
  readonly from: string;
  readonly to: Target;
}

/** Computed imports that are known and harmless: an optional package without types. */
const knownComputed = ['local/dynamodb.ts'];

/** What is wrong with an import; undefined if nothing is. */
export function faultOf({ from, to }: Edge): string | undefined {
  const home = roomOf(from) ?? '';
  const room = rooms[home];
  if (room === undefined) return `${from} is in no room of the table`;
  if (to.kind === 'computed') {
    return knownComputed.includes(from) ? undefined : `${from} imports what only running it tells: ${to.expression}`;
  }
  if (to.kind === 'package') {
    return mayUse(room, to.name) ? undefined : `${from} (${home}) may not use package ${to.name}`;
  }
  return mayEnter(home, room, to.path) ? undefined : `${from} (${home}) may not import ${to.path}`;
}

function mayUse(room: Room, name: string): boolean {
  return room.packages.includes(name) || (name.startsWith('node:') && room.packages.includes('node:*'));
}

function mayEnter(home: string, room: Room, path: string): boolean {
  const target = roomOf(path) ?? '';
  if (target === home || room.rooms.includes(target)) return true;
  return target.includes('/') && room.rooms.includes(`${target.split('/')[0]}/*`);
}

/** Everything that a source names: value and type imports, re-exports, side effects, dynamic imports and types. */
export function edgesOf(from: string, source: string): readonly Edge[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const statements = /^\s*(?:import|export)\b[^'"`;()=]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]/gm;
  const calls = /\bimport\(\s*(?:['"]([^'"]+)['"]|([^)]*))\s*\)/g;
  const named = [...code.matchAll(statements)].map((match) => targetOf(from, match[1] ?? match[2] ?? ''));
  const called = [...code.matchAll(calls)].map(
    (match): Target =>
      match[1] === undefined ? { kind: 'computed', expression: match[2] ?? '' } : targetOf(from, match[1]),
  );
  return [...named, ...called].map((to) => ({ from, to }));
}

function targetOf(from: string, specifier: string): Target {
  if (specifier.startsWith('.')) return { kind: 'file', path: join(dirname(from), specifier) };
  const parts = specifier.split('/');
  return { kind: 'package', name: parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/') };
}
