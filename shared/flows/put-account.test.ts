import { beforeEach, describe, expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { partialPorts } from '../../test/fixtures/partial-ports.ts';
import type { Ports } from '../ports/ports.ts';
import { deleteAccount } from './delete-account.ts';
import { findUsableAccount } from './find-usable-account.ts';
import { listAccounts } from './list-accounts.ts';
import { type AccountInput, putAccount } from './put-account.ts';
import { registryAccounts } from './registry-accounts.ts';

const tables = useEmbeddedTables();
let ports: Ports;
let secrets: Map<string, string>;

beforeEach(async () => {
  const { stores } = await tables.fresh();
  secrets = new Map();
  ports = partialPorts({
    ...stores,
    clock: { now: () => fixedNow },
    secrets: {
      get: async (name) => secrets.get(name),
      put: async (name, value) => {
        secrets.set(name, value);
      },
      remove: async (name) => {
        secrets.delete(name);
      },
    },
  });
});

const input: AccountInput = {
  name: 'main',
  type: 'registry',
  host: 'r.example.com',
  username: 'u',
  insecure: false,
  credentials: { password: 'p' },
};

describe('accounts', () => {
  it('are created, then replaced whole, credentials included', async () => {
    expect(await putAccount(ports, input)).toMatchObject({ kind: 'created', account: { name: 'main', rev: 1 } });
    const { username: _, ...anonymous } = input;
    expect(await putAccount(ports, { ...anonymous, credentials: {} })).toMatchObject({ kind: 'updated' });
    const found = await registryAccounts(ports)('r.example.com');
    expect(found).toMatchObject({ account: { name: 'main', updatedAt: fixedNow } });
    expect(JSON.stringify(found)).not.toMatch(/"(password|username)"/);
  });

  it('keep credentials out of the table', async () => {
    await putAccount(ports, input);
    expect(JSON.stringify(await listAccounts(ports))).not.toContain('"p"');
    expect(await registryAccounts(ports)('r.example.com')).toMatchObject({ password: 'p' });
  });

  it('give no credential to a new host when a put dies before the account is written', async () => {
    await putAccount(ports, input);
    const dying = { ...ports, accounts: { ...ports.accounts, save: () => Promise.reject(new Error('died')) } };
    const moved = { ...input, host: 'other.example.com', credentials: { password: 'q' } };
    await expect(putAccount({ ...dying, clock: ports.clock, secrets: ports.secrets }, moved)).rejects.toThrow('died');
    expect(await registryAccounts(ports)('r.example.com')).toMatchObject({ password: undefined });
    expect(await registryAccounts(ports)('other.example.com')).toBeUndefined();
    await putAccount(ports, moved);
    expect(await registryAccounts(ports)('other.example.com')).toMatchObject({ password: 'q' });
  });

  it('say so when two puts meet', async () => {
    await putAccount(ports, input);
    const late = await ports.accounts.find('main');
    const accounts = { ...ports.accounts, find: async () => late };
    await putAccount(ports, { ...input, insecure: true });
    expect(await putAccount({ accounts, clock: ports.clock, secrets: ports.secrets }, input)).toEqual({
      kind: 'conflict',
    });
  });

  it('leave nothing behind when they are deleted', async () => {
    await putAccount(ports, input);
    expect(await deleteAccount(ports, { name: 'main' })).toEqual({ kind: 'deleted' });
    expect(await deleteAccount(ports, { name: 'main' })).toEqual({ kind: 'notFound' });
    expect([await listAccounts(ports), secrets.size]).toEqual([[], 0]);
  });

  it.each([
    ['no readers', undefined, true],
    ['an owner among its readers', ['team'], true],
    ['other readers', ['others'], false],
    ['the readers of the pipeline, who do not own it', ['lookers'], false],
  ])('with %s are usable by a pipeline: %s %s', async (_name, readers, usable) => {
    await ports.pipelines.saveHead({
      name: 'shop',
      version: 'v',
      owners: ['team'],
      readers: ['lookers'],
      updatedAt: 0,
      updatedBy: 'x',
      deleted: false,
      rev: 0,
    });
    await putAccount(ports, { ...input, type: 'webhook', readers });
    const found = await findUsableAccount(ports, { name: 'main', pipeline: 'shop' });
    expect(found?.secret.password).toBe(usable ? 'p' : undefined);
    expect(await findUsableAccount(ports, { name: 'other', pipeline: 'shop' })).toBeUndefined();
  });

  it.each<[string, readonly (readonly [name: string, readers?: readonly string[]])[], readonly string[], unknown]>([
    ['the one of everybody, for nobody in particular', [['a', ['team']], ['b']], [], 'b'],
    ['its own, before the one of everybody', [['a'], ['z', ['team']]], ['shop'], 'z'],
    [
      'the first of its own',
      [
        ['b', ['team']],
        ['a', ['team', 'others']],
      ],
      ['shop'],
      'a',
    ],
    ['another of everybody, where one is not its', [['a', ['others']], ['b']], ['shop'], 'b'],
    [
      'one of somebody who asks',
      [
        ['a', ['others']],
        ['b', ['team']],
      ],
      ['of-others', 'shop'],
      'a',
    ],
    ['none of others', [['a', ['others']]], ['shop'], 'withheld'],
    ['none of an owner who is only named', [['a', ['named']]], ['shop'], 'withheld'],
    ['none for a pipeline that is not there', [['a', ['team']]], ['gone'], 'withheld'],
  ])('of a registry: %s', async (_name, accounts, pipelines, expected) => {
    const head = { version: 'v', updatedAt: 0, updatedBy: 'x', deleted: false, rev: 0 };
    await ports.pipelines.saveHead({ ...head, name: 'shop', owners: ['team', 'named'], vouched: ['team'] });
    await ports.pipelines.saveHead({ ...head, name: 'of-others', owners: ['others'] });
    for (const [name, readers] of accounts) await putAccount(ports, { ...input, name, readers });
    const found = await registryAccounts(ports)('r.example.com', { pipelines });
    expect(found?.account?.name ?? (found === undefined ? 'none' : 'withheld')).toBe(expected);
  });

  it('of another type or host are no registry accounts', async () => {
    await putAccount(ports, { ...input, name: 'a', type: 'http' });
    await putAccount(ports, { ...input, name: 'b', host: 'r.example.com:5000' });
    expect(await registryAccounts(ports)('r.example.com')).toBeUndefined();
  });
});
