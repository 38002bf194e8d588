import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');

/** CommonJS dependencies (yaml, tar-stream) ask for Node's own modules by `require`, which an ES module has not. */
const banner =
  "import{createRequire as waybillRequire}from'node:module';const require=waybillRequire(import.meta.url);";

/** zod brings its messages in sixty languages with every import that is not of single names: 300 kB that nobody reads. */
const englishZod: Plugin = {
  name: 'english-zod',
  setup: (esbuild) =>
    esbuild.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    })),
};

/** Of `import { z }` everything stays, of a namespace only what is used: 80 kB less. */
const usedZod: Plugin = {
  name: 'used-zod',
  setup: (esbuild) =>
    esbuild.onLoad({ filter: /\/(shared|functions)\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      return { loader: 'ts', contents: source.replace(/^import \{ z \} from 'zod';$/m, "import * as z from 'zod';") };
    }),
};

/**
 * Importing one of Node's modules as an ES module reads each of its exports, and some load more when they are read: node:http's
 * WebSocket all of undici, node:crypto's webcrypto its own. 13 ms of every start. As a prototype, esbuild copies none of them, and
 * what is used is read. (Only of modules that are plain objects and whose functions do not ask for `this`.)
 */
const usedBuiltins: Plugin = {
  name: 'used-builtins',
  setup(esbuild) {
    esbuild.onResolve(
      { filter: /^(?:node:)?(?:crypto|dns\/promises|fs|https?|net|os|path|tls|url|util|zlib)$/ },
      (given) =>
        given.kind === 'import-statement' ? { path: given.path.replace('node:', ''), namespace: 'builtin' } : undefined,
    );
    esbuild.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = Object.create(process.getBuiltinModule('node:${path}'));`,
    }));
  },
};

export interface Bundle {
  readonly folder: string;
  /** Of what is loaded while the function starts: the handler, what it wires, and what those import. */
  readonly bytesAtStart: number;
  /** Of everything in the folder. */
  readonly bytes: number;
}

/**
 * One function's code with everything it needs: nothing is installed beside it. What is imported dynamically becomes a chunk
 * that is loaded only when it is used.
 */
export async function bundleFunction(name: string, folder: string): Promise<Bundle> {
  const { metafile } = await build({
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
    plugins: [englishZod, usedZod, usedBuiltins],
    logLevel: 'warning',
  });
  const { outputs } = metafile;
  const index = Object.keys(outputs).find((path) => path.endsWith('/index.mjs'));
  if (index === undefined) throw new Error(`The bundle of ${name} has no index.mjs`);
  const bytes = Object.values(outputs).reduce((sum, output) => sum + output.bytes, 0);
  return { folder, bytes, bytesAtStart: startBytes(outputs, index) };
}

interface Output {
  readonly bytes: number;
  /** Of a chunk that is imported dynamically: the file that is. */
  readonly entryPoint?: string;
  readonly imports: readonly { readonly path: string; readonly kind: string; readonly external?: boolean }[];
}

/** Ports and settings, which `lambdaHandler` asks for while the module is loaded. */
const wiring = /^functions\/aws-/;

/** The handler imports its wiring dynamically, and does so at the start; all else that is imported dynamically waits for its use. */
function startBytes(outputs: Readonly<Record<string, Output>>, index: string): number {
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: imported, kind, external } of outputs[path]?.imports ?? []) {
      const isWiring = path === index && wiring.test(outputs[imported]?.entryPoint ?? '');
      const now = kind === 'import-statement' || (kind === 'dynamic-import' && isWiring);
      if (now && external !== true) load(imported);
    }
  };
  load(index);
  return [...loaded].reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0);
}
