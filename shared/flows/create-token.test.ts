import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { partialPorts } from '../../test/fixtures/partial-ports.ts';
import { createToken } from './create-token.ts';
import { deleteToken } from './delete-token.ts';
import { listTokens } from './list-tokens.ts';

const tables = useEmbeddedTables();
const caller = { subject: 'admin', groups: ['waybill-admins'] };

describe('tokens', () => {
  it('are stored as their hash, found by it, and gone at once when deleted', async () => {
    const { stores } = await tables.fresh();
    const ports = partialPorts({
      ...stores,
      clock: { now: () => fixedNow },
      randomness: { hex: (bytes) => randomBytes(bytes).toString('hex') },
    });
    const made = await createToken(ports, { caller, subject: 'alice', groups: ['rm'], expiresIn: 60_000 });
    const other = await createToken(ports, { caller, subject: 'bob', groups: [] });
    expect(made.text).toMatch(/^wb_[0-9a-f]{64}$/);
    expect(made.token).toMatchObject({ createdBy: 'admin', createdAt: fixedNow, expiresAt: fixedNow + 60_000 });
    expect(other.token.expiresAt).toBeUndefined();
    expect(await ports.tokens.findByHash(ports.sha256(made.text))).toEqual(made.token);
    const stored = JSON.stringify(await listTokens(ports));
    expect(stored).not.toContain(made.text);
    expect((await listTokens(ports)).map((token) => token.subject).toSorted()).toEqual(['alice', 'bob']);
    expect(await deleteToken(ports, { id: made.token.id })).toEqual({ kind: 'deleted' });
    expect(await deleteToken(ports, { id: made.token.id })).toEqual({ kind: 'notFound' });
    expect(await ports.tokens.findByHash(ports.sha256(made.text))).toBeUndefined();
    expect(await ports.tokens.findByHash(ports.sha256(other.text))).toEqual(other.token);
  });
});
