import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where `webhook` steps of the bench call: a server that answers at once and knows when each call came. */
export interface Sink {
  readonly url: string;
  /** When the call whose body names this word arrives or arrived, on the clock of `performance.now()`. */
  arrival(word: string): Promise<number>;
  close(): void;
}

const longestWait = 20_000;

/** Bodies are `{"image": "…@sha256:…", "tag": "…"}`; the word is the tag. */
export async function startSink(): Promise<Sink> {
  const arrivals = new Map<string, PromiseWithResolvers<number>>();
  const of = (word: string): PromiseWithResolvers<number> => {
    const known = arrivals.get(word) ?? Promise.withResolvers<number>();
    arrivals.set(word, known);
    return known;
  };
  const server = createServer((request, response) => {
    const at = performance.now();
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      response.end('{}');
      of(/"tag":"([^"]*)"/.exec(body)?.[1] ?? '').resolve(at);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    arrival: (word) => withLimit(of(word).promise, word),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function withLimit(arrival: Promise<number>, word: string): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No step called for ${word} within ${longestWait} ms.`)), longestWait);
  });
  try {
    return await Promise.race([arrival, limit]);
  } finally {
    clearTimeout(timer);
  }
}
