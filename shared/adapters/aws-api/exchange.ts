import * as http from 'node:http';
import * as https from 'node:https';

export interface Request {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** One POST, asked once. Rejects with an error that has a `code` where there was no whole answer. */
export type Exchange = (request: Request) => Promise<Answer>;

export interface ExchangeLimits {
  readonly connectMs: number;
  /** From the call until the whole answer. */
  readonly answerMs: number;
  readonly mostBytes: number;
}

/** A batch read answers at most 16 MB of items; in base64, with names and escapes, that is less than 64 MiB. */
const usual: ExchangeLimits = { connectMs: 2_000, answerMs: 10_000, mostBytes: 64 * 1024 * 1024 };

/** Over kept-alive connections. */
export function createExchange({ connectMs, answerMs, mostBytes }: ExchangeLimits = usual): Exchange {
  const options = { keepAlive: true, maxSockets: 64 };
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
  return ({ url, headers, body }) =>
    new Promise((resolve, reject) => {
      const secure = url.protocol === 'https:';
      const sent = (secure ? https : http).request(url, {
        method: 'POST',
        agent: secure ? agents['https:'] : agents['http:'],
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      });
      const give = (ms: number, what: string) =>
        setTimeout(() => sent.destroy(failed('ETIMEDOUT', `${url.host} did not ${what} in ${ms} ms`)), ms);
      const whole = give(answerMs, 'answer');
      sent.on('socket', (socket) => {
        if (!socket.connecting) return;
        const connecting = give(connectMs, 'connect');
        socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(connecting));
        socket.once('close', () => clearTimeout(connecting));
      });
      sent.on('response', (message) => collect(message, url, mostBytes).then(resolve, reject));
      sent.on('error', reject);
      sent.on('close', () => clearTimeout(whole));
      sent.end(body);
    });
}

function collect(message: http.IncomingMessage, url: URL, mostBytes: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    message.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes > mostBytes) message.destroy(failed('EMSGSIZE', `${url.host} answered over ${mostBytes} bytes`));
    });
    message.on('error', reject);
    message.on('end', () => {
      const { statusCode = 0, headers } = message;
      const said = { date: headers.date, 'x-amzn-errortype': oneOf(headers['x-amzn-errortype']) };
      resolve({ status: statusCode, headers: said, body: Buffer.concat(chunks, bytes).toString() });
    });
  });
}

function oneOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0];
}

function failed(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
