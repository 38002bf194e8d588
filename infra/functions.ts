/** The functions of the stack: folders under functions/, each with a handler.ts. */
export const functionNames = [
  'api',
  'receive-webhook',
  'process-delivery',
  'run-node',
  'finish-execution',
  'sweep',
  'reconcile',
  'retention',
] as const;
