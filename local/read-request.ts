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

/** How much of a refused body is still read, and for how long, so that the sender gets to see the answer instead of a reset. */
const drainedBytes = 8 * 1024 * 1024;
const drainedMs = 2_000;

/** Reads a body, giving up at the first byte too many; a declared length that is too large is not read at all. */
export function readRequest(request: IncomingMessage, limits: ReadLimits): Promise<RequestBody> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limits.maxBytes) {
    const drained = drain(request);
    // Answering closes the connection: a sender that is still writing would never read the answer.
    return declared > drainedBytes ? Promise.resolve({ kind: 'tooLarge' }) : drained.then(() => ({ kind: 'tooLarge' }));
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (outcome: RequestBody) => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      if (outcome.kind === 'ok') return resolve(outcome);
      const drained = drain(request);
      resolve(outcome.kind === 'tooLarge' ? drained.then(() => outcome) : outcome);
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

/** Resolves when there is no more to read, or no more is waited for. */
function drain(request: IncomingMessage): Promise<void> {
  let left = drainedBytes;
  request.on('error', () => {});
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.resume();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, drainedMs);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    request.on('end', end).on('close', end);
  });
}
