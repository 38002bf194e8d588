import { describe, expect, it } from 'vitest';
import { type AwsAnswer, type AwsCall, fakeAws } from '../../../test/fake-aws.ts';
import { createSecretStore } from './secret-store.ts';

function rig(answer: (call: AwsCall) => AwsAnswer) {
  const aws = fakeAws(answer);
  const time = { now: 0 };
  const store = createSecretStore({ prefix: 'waybill/', clock: { now: () => time.now } }, aws.api('secretsmanager'));
  return { ...aws, time, store };
}

/** A Secrets Manager of one secret. */
function kept(value?: string) {
  const box = { value };
  const made = rig(({ operation, body }): AwsAnswer => {
    const { SecretString } = JSON.parse(body);
    const there = box.value !== undefined;
    if (operation === 'CreateSecret' && there) return { error: 'ResourceExistsException' };
    if (operation !== 'CreateSecret' && !there) return { error: 'ResourceNotFoundException' };
    if (operation === 'DeleteSecret') box.value = undefined;
    else box.value = SecretString ?? box.value;
    return { json: { SecretString: box.value } };
  });
  return { ...made, box };
}

describe('secrets', () => {
  it('are created, changed, read and removed', async () => {
    const { store, box, calls } = kept();
    expect(await store.get('a')).toBeUndefined();
    await store.put('a', 'one');
    expect(await store.get('a')).toBe('one');
    await store.put('a', 'two');
    expect(await store.get('a')).toBe('two');
    await store.remove('a');
    await store.remove('a');
    expect([await store.get('a'), box.value]).toEqual([undefined, undefined]);
    expect(new Set(calls.map(({ body }) => JSON.parse(body).SecretId ?? JSON.parse(body).Name))).toEqual(
      new Set(['waybill/a']),
    );
  });

  it('are read again after 30 seconds', async () => {
    const { store, box, time, calls } = kept('one');
    await store.get('a');
    box.value = 'two';
    time.now = 29_999;
    expect([await store.get('a'), calls.length]).toEqual(['one', 1]);
    time.now = 30_000;
    expect([await store.get('a'), calls.length]).toEqual(['two', 2]);
  });

  it('that are absent are asked for each time', async () => {
    const { store, box } = kept();
    await store.get('a');
    box.value = 'new';
    expect(await store.get('a')).toBe('new');
  });

  it('have names of any characters, each its own', async () => {
    const { store, calls } = kept('x');
    for (const name of ['receivers/hub', 'a b', 'a=20b', 'ü']) await store.get(name);
    expect(calls.map(({ body }) => JSON.parse(body).SecretId)).toEqual([
      ...['waybill/receivers/hub', 'waybill/a=20b', 'waybill/a=3d20b', 'waybill/=c3=bc'],
    ]);
  });

  it('that two create at once are stored', async () => {
    let puts = 0;
    const { store } = rig(({ operation }) => {
      if (operation === 'CreateSecret') return { error: 'ResourceExistsException' };
      puts += 1;
      return puts === 1 ? { error: 'ResourceNotFoundException' } : { json: {} };
    });
    await expect(store.put('a', 'v')).resolves.toBeUndefined();
    expect(puts).toBe(2);
  });

  it.each<[AwsAnswer, string]>([
    [{ error: 'ThrottlingException' }, 'storeUnavailable'],
    [{ error: 'InvalidRequestException' }, 'storeUnavailable'],
    [{ error: 'DecryptionFailure' }, 'internal'],
  ])('take %j for %s when written, and say no value', async (answer, code) => {
    const { store } = rig(() => answer);
    await expect(store.put('a', 'v4lue')).rejects.toMatchObject({
      name: code,
      message: expect.not.stringContaining('v4lue'),
    });
  });

  it('that are being deleted are absent', async () => {
    const { store } = rig(() => ({ error: 'InvalidRequestException' }));
    expect(await store.get('a')).toBeUndefined();
  });
});
