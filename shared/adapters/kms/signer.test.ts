import { createHash, createPublicKey, generateKeyPairSync, sign as signWith, verify } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { type AwsAnswer, fakeAws } from '../../../test/fake-aws.ts';
import { createSigner } from './signer.ts';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const der = pair.publicKey.export({ type: 'spki', format: 'der' });
const data = Buffer.from('a proof '.repeat(1_000));
const keys = { signing: 'arn:signing', mac: 'arn:mac' };

/** Signs the data it stands for: a digest cannot be signed again with node:crypto. */
function kms(change: (operation: string) => AwsAnswer | undefined = () => undefined) {
  return fakeAws(({ operation }) => {
    const changed = change(operation);
    if (changed !== undefined) return changed;
    if (operation === 'GetPublicKey') return { json: { PublicKey: der.toString('base64') } };
    if (operation === 'GenerateMac') return { json: { Mac: Buffer.from('0123').toString('base64') } };
    return { json: { Signature: signWith('sha256', data, pair.privateKey).toString('base64') } };
  });
}

describe('the KMS signer', () => {
  it('signs the digest, and its public key verifies the data', async () => {
    const aws = kms();
    const signer = createSigner(keys, new KMSClient(aws.settings));
    const { keyId, signature } = await signer.sign(data);
    const asked = JSON.parse(aws.calls.find(({ operation }) => operation === 'Sign')?.body ?? '');
    expect(asked).toEqual({
      KeyId: 'arn:signing',
      Message: createHash('sha256').update(data).digest('base64'),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    });
    const [key] = await signer.keys();
    expect(key?.keyId).toBe(keyId);
    expect(verify('sha256', data, createPublicKey(key?.pem ?? ''), signature)).toBe(true);
  });

  it('writes the PEM that others write', async () => {
    const [key] = await createSigner(keys, new KMSClient(kms().settings)).keys();
    expect(key?.pem).toBe(pair.publicKey.export({ type: 'spki', format: 'pem' }));
  });

  it('lists earlier keys after the present one, and fetches each once', async () => {
    const aws = kms();
    const signer = createSigner({ ...keys, earlier: ['arn:old'] }, new KMSClient(aws.settings));
    await signer.keys();
    await signer.keys();
    expect(aws.calls.map(({ body }) => JSON.parse(body).KeyId)).toEqual(['arn:signing', 'arn:old']);
  });

  it('asks again for a key that could not be fetched', async () => {
    let down = true;
    const signer = createSigner(
      keys,
      new KMSClient(
        kms((operation) =>
          down && operation === 'GetPublicKey' ? { error: 'KMSInternalException', status: 500 } : undefined,
        ).settings,
      ),
    );
    await expect(signer.keys()).rejects.toMatchObject({ name: 'storeUnavailable' });
    down = false;
    expect(await signer.keys()).toHaveLength(1);
  });

  it('makes macs as hex', async () => {
    const aws = kms();
    expect(await createSigner(keys, new KMSClient(aws.settings)).mac('key')).toBe('30313233');
    expect(JSON.parse(aws.calls[0]?.body ?? '')).toEqual({
      ...{ KeyId: 'arn:mac', MacAlgorithm: 'HMAC_SHA_256', Message: Buffer.from('key').toString('base64') },
    });
  });

  it.each<[AwsAnswer, string]>([
    [{ error: 'DisabledException' }, 'internal'],
    [{ error: 'KeyUnavailableException', status: 500 }, 'storeUnavailable'],
    [{ json: {} }, 'internal'],
  ])('takes %j for %s', async (answer, code) => {
    const signer = createSigner(keys, new KMSClient(kms(() => answer).settings));
    await expect(signer.sign(data)).rejects.toMatchObject({ name: code });
    await expect(signer.mac('x')).rejects.toMatchObject({ name: code });
  });
});
