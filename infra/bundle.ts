import { join } from 'node:path';
import { buildSync } from 'esbuild';

const root = join(import.meta.dirname, '..');

/** CommonJS dependencies (yaml, tar-stream) ask for Node's own modules by `require`, which an ES module has not. */
const banner =
  "import{createRequire as waybillRequire}from'node:module';const require=waybillRequire(import.meta.url);";

export interface Bundle {
  readonly folder: string;
  /** Of what is loaded at the start: index.mjs and the chunks it imports at once. */
  readonly bytesAtStart: number;
  /** Of everything in the folder. */
  readonly bytes: number;
}

/**
 * One function's code with everything it needs: nothing is installed beside it. What a handler imports dynamically becomes a
 * chunk that is loaded only when it is used.
 */
export function bundleFunction(name: string, folder: string): Bundle {
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: { index: join('functions', name, 'handler.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    minify: true,
    keepNames: false,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    metafile: true,
    banner: { js: banner },
    logLevel: 'warning',
  });
  const outputs = metafile.outputs;
  const index = Object.keys(outputs).find((path) => path.endsWith('/index.mjs'));
  if (index === undefined) throw new Error(`The bundle of ${name} has no index.mjs`);
  const bytes = Object.values(outputs).reduce((sum, output) => sum + output.bytes, 0);
  return { folder, bytes, bytesAtStart: startBytes(outputs, index) };
}

type Outputs = ReturnType<typeof buildSync<{ metafile: true }>>['metafile']['outputs'];

function startBytes(outputs: Outputs, index: string): number {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const imported of outputs[path]?.imports ?? []) {
      if (imported.kind === 'import-statement' && !imported.external) visit(imported.path);
    }
  };
  visit(index);
  return [...seen].reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0);
}
