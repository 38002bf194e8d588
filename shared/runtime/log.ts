import type { Log } from '../ports/clock.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** Takes one line, newline included. */
  readonly write: (line: string) => void;
  /** Epoch ms. */
  readonly now: () => number;
}

/** One JSON object a line: time, level, message, then the fields. An Error becomes name, code, message, stack and causes. */
export function createLog(options: LogOptions): Log {
  const threshold = logLevels.indexOf(options.level);
  const at =
    (level: LogLevel) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      if (logLevels.indexOf(level) < threshold) return;
      options.write(`${line({ time: new Date(options.now()).toISOString(), level, message, ...fields })}\n`);
    };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

function line(entry: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(entry, (_key, value: unknown) => (value instanceof Error ? errorFields(value, 0) : value));
  } catch {
    return JSON.stringify({ time: entry.time, level: entry.level, message: entry.message, unprintable: true });
  }
}

const deepestCause = 3;

/** Only these: SDK errors carry whole requests and answers in further fields. */
function errorFields(error: Error, depth: number): Readonly<Record<string, unknown>> {
  const cause = error.cause instanceof Error && depth < deepestCause ? errorFields(error.cause, depth + 1) : undefined;
  return { name: error.name, message: error.message, stack: error.stack, ...(cause === undefined ? {} : { cause }) };
}
