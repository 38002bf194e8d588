import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { bundlePlugins } from './bundle-plugins.ts';

const root = join(import.meta.dirname, '..');

/** CommonJS dependencies (yaml, tar-stream) ask for Node's own modules by `require`, which an ES module has not. */
const banner = 'const require=process.getBuiltinModule;';

/** With TLS, Node reads its certificates in a thread of their own: begun first, that is done while the rest is loaded. */
const certificatesFirst = "process.getBuiltinModule('node:https');";

export interface Bundle {
  readonly folder: string;
  /** Of what is loaded while the function starts: the handler, what it wires, and what those import. */
  readonly bytesAtStart: number;
  /** Of everything in the folder. */
  readonly bytes: number;
}

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * One function's code with everything it needs: nothing is installed beside it. What is imported dynamically becomes a chunk
 * that is loaded only when it is used; all that is loaded at the start is one file.
 */
export async function bundleFunction(name: string, folder: string): Promise<Bundle> {
  const { metafile } = await build({
    ...common,
    entryPoints: { index: join('functions', name, 'handler.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    mainFields: ['module', 'main'],
    banner: { js: banner },
    plugins: bundlePlugins,
  });
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]));
  const bytesAtStart = await joinStart(folder, outputs);
  const later = [...outputs].filter(([file]) => file !== index).reduce((sum, [, { bytes }]) => sum + bytes, 0);
  return { folder, bytes: bytesAtStart + later, bytesAtStart };
}

const index = 'index.mjs';

interface Output {
  readonly bytes: number;
  readonly imports: readonly { readonly path: string; readonly kind: string; readonly external?: boolean }[];
  readonly exports: readonly string[];
}

/**
 * What is shared with chunks that are loaded later is cut into a dozen files, and each takes a third of a millisecond to find
 * and open. They are put into index.mjs; later chunks find in each one's place a file that hands on what is there.
 */
async function joinStart(folder: string, outputs: ReadonlyMap<string, Output>): Promise<number> {
  const files = startFiles(outputs);
  const shared = files
    .filter((file) => file !== index)
    .map((file, at) => ({ file, exports: (outputs.get(file)?.exports ?? []).map((name) => [name, `_${at}${name}`]) }));
  const handedOn = shared.map(
    ({ file, exports }) => `export { ${exports.map(([name, as]) => `${name} as ${as}`)} } from './${file}';`,
  );
  const { outputFiles, metafile } = await build({
    ...common,
    banner: { js: certificatesFirst },
    stdin: { contents: [`export * from './${index}';`, ...handedOn].join('\n'), resolveDir: folder },
    // A second reading of minified code gains nothing and takes its time.
    minifySyntax: false,
    write: false,
    outfile: join(folder, index),
    plugins: [
      {
        name: 'later-chunks',
        setup: (esbuild) =>
          esbuild.onResolve({ filter: /^\.\/.*\.mjs$/ }, ({ path }) =>
            files.includes(basename(path)) ? undefined : { path, external: true },
          ),
      },
    ],
  });
  await writeFile(join(folder, index), outputFiles[0]?.contents ?? '');
  for (const { file, exports } of shared) {
    await writeFile(join(folder, file), `export{${exports.map(([name, as]) => `${as} as ${name}`)}}from'./${index}';`);
  }
  return Object.values(metafile.outputs)[0]?.bytes ?? 0;
}

/** The handler and all that it imports, but not dynamically. */
function startFiles(outputs: ReadonlyMap<string, Output>): readonly string[] {
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const { path, kind, external } of outputs.get(file)?.imports ?? []) {
      if (kind === 'import-statement' && external !== true) load(basename(path));
    }
  };
  load(index);
  return [...loaded];
}
