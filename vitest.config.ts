import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{shared,functions,local,infra,bench,test}/**/*.test.ts'],
    // A busy machine is slower, not wrong: nothing here is timed.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Files share a process: loading the same modules for each would be a third of the time. No test changes a module's state.
    isolate: false,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  },
});
