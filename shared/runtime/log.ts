import type { Log } from '../ports/clock.ts';
import { besides, printableFields } from './log-fields.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** Takes one line, newline included. */
  readonly write: (line: string) => void;
  /** Epoch ms. */
  readonly now: () => number;
}

const ownKeys = ['time', 'level', 'message'];

/** One JSON object a line: time, level, message, then the fields. An Error becomes name, message, stack and causes. */
export function createLog(options: LogOptions): Log {
  const at =
    (level: Exclude<LogLevel, 'silent'>) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      if (!isLogged(level, options.level)) return;
      const time = new Date(options.now()).toISOString();
      const entry = { time, level, message, ...besides(ownKeys, printableFields(fields)) };
      options.write(`${JSON.stringify(entry)}\n`);
    };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

export function isLogged(level: LogLevel, threshold: LogLevel): boolean {
  return logLevels.indexOf(level) >= logLevels.indexOf(threshold);
}
