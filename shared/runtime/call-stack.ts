import type { Ports } from '../ports/ports.ts';

/** What every stack sees of a call besides its event. */
export type CallPorts = Pick<Ports, 'log' | 'metrics' | 'calls'>;

/** What middy takes besides middlewares; it does not export the type. */
interface CallOptions {
  readonly requestStart: (request: { readonly context: unknown }) => void;
  readonly requestEnd: () => void;
  readonly timeoutEarlyInMillis: number;
  readonly timeoutEarlyResponse: () => unknown;
}

/** What is left when a call is answered early: enough to log, to write the metrics and to send the answer. */
const answerMs = 500;

/**
 * What all middy stacks have in common: lines of a call carry its keys, metrics are written however it ended, and it is
 * answered by `late` before Lambda would end it without a word. `late` gives the answer or throws. What a late call still has
 * under way may go on beside the next one, as two calls at once may at any time.
 */
export function callOptions({ log, metrics, calls }: CallPorts, late: () => unknown): CallOptions {
  return {
    requestStart: ({ context }) => calls?.began(context),
    requestEnd: () => calls?.ended(),
    timeoutEarlyInMillis: answerMs,
    timeoutEarlyResponse: () => {
      log.error('a call was answered early: its time was nearly over');
      metrics.add('earlyTimeouts');
      return late();
    },
  };
}
