import middy, { type MiddlewareObj } from '@middy/core';
import { type ReadableShape, readWith } from '../contracts/schema.ts';
import { Failure } from '../domain/failure.ts';
import type { Ports } from '../ports/ports.ts';
import { type CallPorts, callOptions } from './call-stack.ts';

export type TaskHandler<A> = (event: unknown, context?: unknown) => Promise<A>;

/**
 * The middy stack of what an engine calls, not a person: the input is checked, a Failure goes on under its own name (the word
 * that ASL's Retry and Catch read), and anything else is `internal`, logged here with its stack.
 */
export function taskStack<I, A>(
  ports: CallPorts,
  input: ReadableShape<I>,
  handle: (input: I) => Promise<A>,
): TaskHandler<A> {
  const stacked = middy<unknown, A>(callOptions(ports, outOfTime))
    .use(namedFailures(ports))
    .handler(async (event) => handle(readInput(input, event)));
  // As in httpStack: nothing here but `calls` reads the context.
  return (event, context = {}) => stacked(event, context as never);
}

export function readInput<I>(schema: ReadableShape<I>, event: unknown): I {
  const read = readWith(schema, event);
  if (read.kind === 'ok') return read.value;
  const faults = read.errors.map((fault) => `${fault.path}: ${fault.message}`).join(' ');
  throw new Failure('internal', `The input is not one that this release reads. ${faults}`);
}

/** Has the name that Lambda gives the same end, so that the machine tries it again as it would then. */
class OutOfTime extends Error {
  override readonly name = 'Sandbox.Timedout';
}

function outOfTime(): never {
  throw new OutOfTime('The call took nearly all its time and was given up; calling again goes on where it stood.');
}

export function namedFailures({ log }: Pick<Ports, 'log'>): MiddlewareObj<unknown> {
  return {
    onError: ({ error }) => {
      if (error instanceof OutOfTime) throw error;
      if (error instanceof Failure) {
        // The engine has its name; with the keys of the call it is found by whoever looks for what it was about.
        log.warn('a task failed', { code: error.code, error });
        throw error;
      }
      log.error('a task failed unexpectedly', { error });
      throw new Failure('internal', 'An unexpected fault; the service log has it.', { cause: error });
    },
  };
}
