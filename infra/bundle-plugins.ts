import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';

/** zod brings its messages in sixty languages with every import that is not of single names: 300 kB that nobody reads. */
const englishZod: Plugin = {
  name: 'english-zod',
  setup: (esbuild) =>
    esbuild.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    })),
};

/**
 * zod/mini with a core of its own. Both kinds share one core, and of a file that is shared everything stays that any chunk
 * uses: 60 kB of shapes that only API routes and receivers have.
 */
const ownMini: Plugin = {
  name: 'own-mini',
  setup(esbuild) {
    esbuild.onResolve(
      { filter: /^zod\/(?:mini|v4\/core)$|^\.{1,2}\// },
      async ({ path, importer, resolveDir, kind, pluginData }) => {
        if (pluginData === 'asked' || (!path.startsWith('zod/') && !importer.endsWith('?mini'))) return undefined;
        const found = await esbuild.resolve(path, { resolveDir, kind, importer, pluginData: 'asked' });
        return { ...found, path: `${found.path}?mini`, namespace: 'mini' };
      },
    );
    esbuild.onLoad({ filter: /\?mini$/, namespace: 'mini' }, async ({ path }) => {
      const file = path.slice(0, -'?mini'.length);
      const isLocales = file.endsWith(join('locales', 'index.js'));
      const contents = isLocales ? "export { default as en } from './en.js';" : await readFile(file, 'utf8');
      return { contents, resolveDir: dirname(file), loader: 'js' };
    });
  },
};

/**
 * Of `import { z }` everything stays, of a namespace only what is used: 80 kB less. And a handler's wiring, which tests and the
 * local server leave out by importing it dynamically, is part of each start here.
 */
const ourSources: Plugin = {
  name: 'our-sources',
  setup: (esbuild) =>
    esbuild.onLoad({ filter: /\/(shared|functions)\/.*\.ts$/ }, async ({ path }) => {
      const source = (await readFile(path, 'utf8')).replace(
        /^import \{ z \} from 'zod';$/m,
        "import * as z from 'zod';",
      );
      return { loader: 'ts', contents: path.endsWith('/handler.ts') ? wiredAtOnce(source) : source };
    }),
};

function wiredAtOnce(source: string): string {
  const wiring = /^ *const \{ (\w+) \} = await import\(('\.\.\/aws-[\w-]+\.ts')\);$/gm;
  const imports = [...source.matchAll(wiring)].map(([, name, from]) => `import { ${name} } from ${from};\n`);
  return `${imports.join('')}${source.replace(wiring, '')}`;
}

/**
 * Importing one of Node's modules as an ES module reads each of its exports, and some load more when they are read: node:http's
 * WebSocket all of undici, node:crypto's webcrypto its own. 13 ms of every start. As a prototype, esbuild copies none of them, and
 * what is used is read. (Only of modules that are plain objects and whose functions do not ask for `this`.)
 */
const usedBuiltins: Plugin = {
  name: 'used-builtins',
  setup(esbuild) {
    const filter =
      /^(?:node:)?(?:async_hooks|console|crypto|dns\/promises|fs|fs\/promises|https?|net|os|path|tls|timers|url|util|zlib)$/;
    esbuild.onResolve({ filter }, ({ path, kind }) =>
      kind === 'import-statement' ? { path: path.replace('node:', ''), namespace: 'builtin' } : undefined,
    );
    esbuild.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = Object.create(process.getBuiltinModule('node:${path}'));`,
    }));
  },
};

export const bundlePlugins: Plugin[] = [englishZod, ownMini, ourSources, usedBuiltins];
