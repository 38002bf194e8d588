import type { IncomingMessage } from 'node:http';

export type RequestBody =
  | { readonly kind: 'ok'; readonly body: Uint8Array }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'tooSlow' }
  | { readonly kind: 'aborted' };

export interface ReadLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/** How much of a refused body is still read, so that the sender gets to see the answer instead of a reset. */
const drainedBytes = 8 * 1024 * 1024;

/** Reads a body, giving up at the first byte too many; a declared length that is too large is not read at all. */
export function readRequest(request: IncomingMessage, limits: ReadLimits): Promise<RequestBody> {
  if (Number(request.headers['content-length'] ?? 0) > limits.maxBytes) {
    drain(request);
    return Promise.resolve({ kind: 'tooLarge' });
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (outcome: RequestBody) => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      if (outcome.kind !== 'ok') drain(request);
      resolve(outcome);
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limits.maxBytes) finish({ kind: 'tooLarge' });
      else chunks.push(chunk);
    };
    const onEnd = () => finish({ kind: 'ok', body: Buffer.concat(chunks) });
    const onClose = () => finish({ kind: 'aborted' });
    const timer = setTimeout(() => finish({ kind: 'tooSlow' }), limits.timeoutMs);
    request
      .on('data', onData)
      .on('end', onEnd)
      .on('close', onClose)
      .on('error', () => {});
  });
}

function drain(request: IncomingMessage): void {
  let left = drainedBytes;
  request.on('error', () => {});
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.resume();
}
