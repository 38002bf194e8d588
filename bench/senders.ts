import { createHmac, randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export const hookKey = Buffer.alloc(32, 7);
/** Secret of the bench's receivers (Standard Webhooks). */
export const hookSecret = `whsec_${hookKey.toString('base64')}`;

/** A whole HTTP request with its signature, made before the clock starts: signing is the sender's work, not ours. */
export function signedRequest(path: string, body: string, id: string = randomUUID()): Buffer {
  const timestamp = Math.floor(Date.now() / 1_000);
  const signature = createHmac('sha256', hookKey).update(`${id}.${timestamp}.${body}`).digest('base64');
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    `webhook-id: ${id}`,
    `webhook-timestamp: ${timestamp}`,
    `webhook-signature: v1,${signature}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** One kept-alive connection that sends a request and waits for its answer: a sender that costs next to nothing. */
export interface Sender {
  /** The status. */
  send(request: Buffer): Promise<number>;
  close(): void;
}

export function connectSender(url: string): Promise<Sender> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => resolve(senderOver(socket)));
  });
}

function senderOver(socket: Socket): Sender {
  let received = '';
  let waiting: PromiseWithResolvers<number> | undefined;
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    if (!isWhole(received)) return;
    const status = Number(received.slice(9, 12));
    received = '';
    waiting?.resolve(status);
  });
  socket.on('close', () => waiting?.reject(new Error('The service closed the connection.')));
  return {
    send(request) {
      waiting = Promise.withResolvers();
      socket.write(request);
      return waiting.promise;
    },
    close: () => socket.destroy(),
  };
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /content-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  return text.length >= end + 4 + Number(length ?? 0);
}
