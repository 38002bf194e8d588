import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFunction } from '../infra/bundle.ts';
import { envNames } from '../shared/contracts/env.ts';
import { median } from './figures.ts';
import type { Figure, Section } from './report.ts';

const runs = 15;
const timedFunctions = ['receive-webhook', 'run-node'];

/** Bundles as the stack deploys them, and what starting one takes. */
export async function measureBundles(): Promise<readonly Section[]> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-bundles-'));
  try {
    const sizes: Figure[] = [];
    for (const name of functionNames()) sizes.push(...(await sizeFigures(name, join(folder, name))));
    const inits = await initFigures(folder);
    return [
      {
        title: 'Bundle size',
        how: 'esbuild, minified, as the stack deploys them; what is loaded at the start, and with everything that may be loaded later',
        figures: sizes,
      },
      {
        title: 'Init',
        how: `a new node process that imports the bundle, wires its ports and refuses one event, beside one with an empty handler; medians of ${runs}, in turn`,
        figures: inits,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function functionNames(): readonly string[] {
  const functions = join(import.meta.dirname, '..', 'functions');
  return readdirSync(functions).filter((name) => existsSync(join(functions, name, 'handler.ts')));
}

async function sizeFigures(name: string, folder: string): Promise<readonly Figure[]> {
  const { bytes, bytesAtStart } = await bundleFunction(name, folder);
  return [
    { name: `${name}: at the start`, value: bytesAtStart / 1_024, unit: 'KB' },
    { name: '  in all', value: bytes / 1_024, unit: 'KB' },
  ];
}

async function initFigures(folder: string): Promise<readonly Figure[]> {
  const empty = join(folder, 'empty.mjs');
  await writeFile(empty, 'export const handler = async () => ({});\n');
  // What no function that calls anything can do without.
  const https = join(folder, 'https.mjs');
  await writeFile(https, `process.getBuiltinModule('node:https');\nexport const handler = async () => ({});\n`);
  const httpsMs: number[] = [];
  const bundles = timedFunctions.map((name) => ({ name, path: join(folder, name, 'index.mjs'), ms: [] as number[] }));
  const emptyMs: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    emptyMs.push(startOnce(empty));
    httpsMs.push(startOnce(https));
    for (const { path, ms } of bundles) ms.push(startOnce(path));
  }
  return [
    { name: 'empty handler', value: median(emptyMs), unit: 'ms' },
    { name: 'with node:https alone', value: median(httpsMs), unit: 'ms' },
    ratioTo(emptyMs, httpsMs),
    ...bundles.flatMap(({ name, ms }) => [
      { name, value: median(ms), unit: 'ms' },
      { ...ratioTo(emptyMs, ms), target: { atMost: 2 } },
    ]),
  ];
}

function ratioTo(emptyMs: readonly number[], ms: readonly number[]): Figure {
  return { name: '  ratio to the empty handler', value: median(ms) / median(emptyMs), unit: '' };
}

/** A GET is refused by the hook's door, an empty object by the machine's: both after everything has been wired. */
const refused = JSON.stringify({
  rawPath: '/v1/hooks/none',
  rawQueryString: '',
  headers: {},
  requestContext: { requestId: 'bench', http: { method: 'GET' } },
  isBase64Encoded: false,
});

function startOnce(path: string): number {
  const script = `import { handler } from ${JSON.stringify(path)}; await handler(${refused}).catch(() => {});`;
  const env = { ...process.env, ...functionEnvironment(), AWS_LAMBDA_FUNCTION_NAME: 'bench', AWS_REGION: 'eu-west-1' };
  const start = performance.now();
  execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return performance.now() - start;
}

function functionEnvironment(): Readonly<Record<string, string>> {
  const arn = 'arn:aws:kms:eu-west-1:123456789012:key/bench';
  return {
    [envNames.table]: 'bench',
    [envNames.queueUrl]: 'https://sqs.eu-west-1.amazonaws.com/123456789012/bench',
    [envNames.bucket]: 'bench',
    [envNames.webBucket]: 'bench-web',
    [envNames.machineAlias]: 'arn:aws:states:eu-west-1:123456789012:stateMachine:bench:live',
    [envNames.secretPrefix]: 'bench/',
    [envNames.signingKey]: arn,
    [envNames.macKey]: arn,
    [envNames.publicUrl]: 'https://bench.example.com',
    [envNames.logLevel]: 'error',
  };
}
