import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{shared,functions,local,infra,bench,test}/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    // Files share a process: loading the same modules for each would be a third of the time. No test changes a module's state.
    isolate: false,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  },
});
