import * as z from 'zod/mini';
import type { ApiToken } from '../../domain/token.ts';
import type { TokenStore } from '../../ports/access-store.ts';
import { itemKind } from './item.ts';
import { key } from './key.ts';
import type { Table } from './table.ts';

const text = z.string().check(z.minLength(1));
const tokenShape = { id: text, subject: text, groups: z.array(text), createdAt: z.number() };
const tokenKind = itemKind<ApiToken>('token', tokenShape);
/** The line in the list knows where the token itself is. */
const lineKind = itemKind<{ readonly hash: string; readonly token: ApiToken }>('tokenLine', {
  hash: text,
  token: z.looseObject(tokenShape),
});

const tokens = 'TOKENS';
const tokenItem = (hash: string) => ({ pk: key('TOKEN', hash), sk: 'TOKEN' });
const lineItem = (id: string) => ({ pk: tokens, sk: key(id) });

export function createTokenStore(table: Table): TokenStore {
  return {
    findByHash: (hash) => table.find(tokenKind, tokenItem(hash)),
    async create(hash, token) {
      const { expiresAt } = token;
      // The line first: a token that works is always one that can be listed and removed.
      await table.create(lineKind, lineItem(token.id), { value: { hash, token }, expiresAt });
      await table.create(tokenKind, tokenItem(hash), { value: token, expiresAt });
    },
    async list() {
      return (await table.list(lineKind, tokens)).map((line) => line.token);
    },
    async remove(id) {
      const line = await table.find(lineKind, lineItem(id));
      if (line === undefined) return false;
      await table.remove(tokenItem(line.hash));
      await table.remove(lineItem(id));
      return true;
    },
  };
}
