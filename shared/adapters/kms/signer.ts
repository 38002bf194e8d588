import { createHash } from 'node:crypto';
import { GenerateMacCommand, GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { Failure } from '../../domain/failure.ts';
import { serviceFailure } from '../../domain/service-fault.ts';
import type { PublicKey, Signer } from '../../ports/signer.ts';

export interface KmsKeys {
  /** Asymmetric P-256 key that signs now. */
  readonly signing: string;
  /** Keys that signed before: still listed, never used. */
  readonly earlier?: readonly string[];
  /** Symmetric HMAC_256 key. */
  readonly mac: string;
}

type Client = Pick<KMSClient, 'send'>;

/** Private keys never leave KMS. Failures: storeUnavailable, internal. */
export function createSigner(keys: KmsKeys, client: Client = ownClient()): Signer {
  const known = new Map<string, Promise<PublicKey>>();

  function publicKey(key: string): Promise<PublicKey> {
    const found = known.get(key) ?? fetchPublicKey(client, key);
    known.set(key, found);
    found.catch(() => known.delete(key));
    return found;
  }

  return {
    async sign(data) {
      const [{ keyId }, signature] = await Promise.all([publicKey(keys.signing), sign(client, keys.signing, data)]);
      return { keyId, signature };
    },
    keys: () => Promise.all([keys.signing, ...(keys.earlier ?? [])].map(publicKey)),
    async mac(data) {
      const command = new GenerateMacCommand({
        KeyId: keys.mac,
        MacAlgorithm: 'HMAC_SHA_256',
        Message: Buffer.from(data),
      });
      const { Mac } = await asked('GenerateMac', () => client.send(command));
      return Buffer.from(required(Mac, 'GenerateMac')).toString('hex');
    },
  };
}

/** The digest is sent, not the data: a proof may be larger than the 4,096 bytes that KMS takes. */
async function sign(client: Client, key: string, data: Uint8Array): Promise<Uint8Array> {
  const digest = createHash('sha256').update(data).digest();
  const command = new SignCommand({
    KeyId: key,
    Message: digest,
    MessageType: 'DIGEST',
    SigningAlgorithm: 'ECDSA_SHA_256',
  });
  const { Signature } = await asked('Sign', () => client.send(command));
  return required(Signature, 'Sign');
}

async function fetchPublicKey(client: Client, key: string): Promise<PublicKey> {
  const answer = await asked('GetPublicKey', () => client.send(new GetPublicKeyCommand({ KeyId: key })));
  const der = Buffer.from(required(answer.PublicKey, 'GetPublicKey'));
  const base64 = der.toString('base64').replace(/.{1,64}/g, '$&\n');
  return {
    keyId: createHash('sha256').update(der).digest('hex').slice(0, 16),
    algorithm: 'ECDSA_P256_SHA256',
    pem: `-----BEGIN PUBLIC KEY-----\n${base64}-----END PUBLIC KEY-----\n`,
  };
}

async function asked<T>(operation: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw serviceFailure('KMS', operation, error);
  }
}

function required(bytes: Uint8Array | undefined, operation: string): Uint8Array {
  if (bytes === undefined) throw new Failure('internal', `KMS answered ${operation} with nothing`);
  return bytes;
}

function ownClient(): KMSClient {
  return new KMSClient({
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });
}
