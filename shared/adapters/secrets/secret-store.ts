import { randomUUID } from 'node:crypto';
import { Failure } from '../../domain/failure.ts';
import { isFault, serviceFailure } from '../../domain/service-fault.ts';
import type { SecretStore } from '../../ports/access-store.ts';
import type { AwsApi } from '../../ports/aws-api.ts';
import type { Clock } from '../../ports/clock.ts';

export interface SecretStoreOptions {
  /** Names begin with it; the function's rights end with it. */
  readonly prefix: string;
  readonly clock: Clock;
  /** How long a value that was read is believed; default 30 s, so a rotation is seen within that. */
  readonly cacheMs?: number;
}

/** One secret per name. Failures: storeUnavailable, internal; neither a value nor a name is in their text. */
export function createSecretStore(options: SecretStoreOptions, api: AwsApi): SecretStore {
  const { prefix, clock, cacheMs = 30_000 } = options;
  const cache = new Map<string, { readonly value: string; readonly until: number }>();

  async function read(name: string): Promise<string | undefined> {
    const input = { SecretId: secretId(prefix, name) };
    // InvalidRequestException: it is marked for deletion.
    const found = await orAbsent(['ResourceNotFoundException', 'InvalidRequestException'], 'GetSecretValue', () =>
      api.call('GetSecretValue', input),
    );
    return typeof found?.SecretString === 'string' ? found.SecretString : undefined;
  }

  return {
    async get(name) {
      const cached = cache.get(name);
      if (cached !== undefined && cached.until > clock.now()) return cached.value;
      const value = await read(name);
      if (value === undefined) cache.delete(name);
      else cache.set(name, { value, until: clock.now() + cacheMs });
      return value;
    },
    async put(name, value) {
      cache.delete(name);
      await write(api, secretId(prefix, name), value);
    },
    async remove(name) {
      cache.delete(name);
      const input = { SecretId: secretId(prefix, name), ForceDeleteWithoutRecovery: true };
      await orAbsent(['ResourceNotFoundException'], 'DeleteSecret', () => api.call('DeleteSecret', input));
    },
  };
}

/**
 * Most writes change what is there; the second try is for two that create at once. The token names the version, so that a call
 * which the client sends again makes one.
 */
async function write(api: AwsApi, id: string, value: string): Promise<void> {
  for (let tries = 0; tries < 2; tries += 1) {
    const change = { SecretId: id, SecretString: value, ClientRequestToken: randomUUID() };
    const changed = await orAbsent(['ResourceNotFoundException'], 'PutSecretValue', () =>
      api.call('PutSecretValue', change),
    );
    if (changed !== undefined) return;
    const create = { Name: id, SecretString: value, ClientRequestToken: randomUUID() };
    const created = await orAbsent(['ResourceExistsException'], 'CreateSecret', () => api.call('CreateSecret', create));
    if (created !== undefined) return;
  }
  throw new Failure(
    'storeUnavailable',
    'Secrets Manager says both that a secret is there and that it is not; try again',
  );
}

async function orAbsent<T>(
  names: readonly string[],
  operation: string,
  call: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (isFault(error, ...names)) return undefined;
    // A name is taken for some seconds after its secret was deleted.
    if (isFault(error, 'InvalidRequestException')) {
      throw new Failure('storeUnavailable', `Secrets Manager cannot do ${operation} yet: the name is being deleted`);
    }
    throw serviceFailure('Secrets Manager', operation, error);
  }
}

/** Secret names allow letters, digits and `/_+=.@-`: any other byte is written as `=` and its hex, `=` itself too. */
function secretId(prefix: string, name: string): string {
  const written = name.replace(/[^\w/+.@-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `=${byte.toString(16).padStart(2, '0')}`).join(''),
  );
  return `${prefix}${written}`;
}
