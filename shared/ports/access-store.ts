import type { Account } from '../domain/account.ts';
import type { ApiToken } from '../domain/token.ts';

export interface AccountStore {
  find(name: string): Promise<Account | undefined>;
  list(): Promise<readonly Account[]>;
  save(account: Account): Promise<Account | undefined>;
  remove(name: string): Promise<void>;
}

export interface TokenStore {
  /** By sha256 hex of the token's text. */
  findByHash(hash: string): Promise<ApiToken | undefined>;
  create(hash: string, token: ApiToken): Promise<void>;
  list(): Promise<readonly ApiToken[]>;
  /** False if there is no such token. */
  remove(id: string): Promise<boolean>;
}

/** Secrets Manager on AWS, files of mode 0600 on one machine. Values never pass through the table. */
export interface SecretStore {
  get(name: string): Promise<string | undefined>;
  put(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
}

/** S3 on AWS, a folder on one machine. Keys are content-derived paths. */
export interface BlobStore {
  get(key: string): Promise<Uint8Array | undefined>;
  /** Put if absent. */
  put(key: string, body: Uint8Array): Promise<void>;
  /** Nothing happens if it is absent. */
  remove(key: string): Promise<void>;
}
