export interface LineWriter {
  write(line: string): void;
  /** What was written but not yet handed on, now: before the process ends by its own will. */
  flush(): void;
}

/**
 * Hands on the lines of one turn of the event loop in one piece: under load a system call for each line costs more than making
 * it. A process that is killed loses the lines of its last turn at most.
 */
export function createLineWriter(write: (text: string) => void): LineWriter {
  let waiting = '';
  const flush = (): void => {
    if (waiting === '') return;
    const text = waiting;
    waiting = '';
    write(text);
  };
  return {
    write(line) {
      if (waiting === '') setImmediate(flush);
      waiting += line;
    },
    flush,
  };
}
