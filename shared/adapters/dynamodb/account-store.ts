import * as z from 'zod/mini';
import { type Account, accountTypes } from '../../domain/account.ts';
import type { AccountStore } from '../../ports/access-store.ts';
import { itemKind } from './item.ts';
import { key } from './key.ts';
import type { Table } from './table.ts';

const accountKind = itemKind<Account>('account', {
  name: z.string().check(z.minLength(1)),
  type: z.enum(accountTypes),
  insecure: z.boolean(),
  rev: z.int().check(z.positive()),
});

/** Accounts are few: one partition lists them consistently. */
const accounts = 'ACCOUNTS';
const accountItem = (name: string) => ({ pk: accounts, sk: key(name) });

export function createAccountStore(table: Table): AccountStore {
  return {
    find: (name) => table.find(accountKind, accountItem(name)),
    list: () => table.list(accountKind, accounts),
    save: (account) => table.save(accountKind, accountItem(account.name), { value: account }),
    remove: (name) => table.remove(accountItem(name)),
  };
}
