import type { Caller } from '../domain/caller.ts';
import type { ApiToken } from '../domain/token.ts';
import type { Ports } from '../ports/ports.ts';

export interface TokenRequest {
  readonly caller: Caller;
  readonly subject: string;
  readonly groups: readonly string[];
  /** Milliseconds from now; absent = it does not expire. */
  readonly expiresIn?: number;
}

/** Makes a token of 256 random bits. Its text is in this answer and nowhere else: the table has its hash. */
export async function createToken(
  ports: Pick<Ports, 'tokens' | 'randomness' | 'sha256' | 'clock'>,
  request: TokenRequest,
): Promise<{ readonly token: ApiToken; readonly text: string }> {
  const now = ports.clock.now();
  const text = `wb_${ports.randomness.hex(32)}`;
  const token: ApiToken = {
    id: ports.randomness.hex(8),
    subject: request.subject,
    groups: request.groups,
    createdAt: now,
    createdBy: request.caller.subject,
    ...(request.expiresIn === undefined ? {} : { expiresAt: now + request.expiresIn }),
  };
  await ports.tokens.create(ports.sha256(text), token);
  return { token, text };
}
