import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PublicKey, Signer } from '../shared/ports/signer.ts';
import { hasCode, readOrCreateFile } from './whole-file.ts';

/**
 * `signing-key.pem` signs; it is made once. To change it, put its public key into `earlier-keys/<anything>.pem` and remove it:
 * a new one is made at the next start, and proofs of the old one can still be verified. `callback-secret` makes callback tokens.
 */
export async function createDiskSigner(folder: string): Promise<Signer> {
  const privateKey = await loadPrivateKey(join(folder, 'signing-key.pem'));
  const present = publicKey(createPublicKey(privateKey));
  const earlier = await loadEarlierKeys(join(folder, 'earlier-keys'));
  const secret = await readOrCreateFile(join(folder, 'callback-secret'), () => randomBytes(32).toString('hex'));
  const keys = [present, ...earlier.filter((key) => key.keyId !== present.keyId)];
  return {
    async sign(data) {
      return { keyId: present.keyId, signature: sign('sha256', data, { key: privateKey, dsaEncoding: 'der' }) };
    },
    keys: async () => keys,
    mac: async (data) => createHmac('sha256', Buffer.from(secret.trim(), 'hex')).update(data).digest('hex'),
  };
}

async function loadPrivateKey(path: string): Promise<KeyObject> {
  const pem = await readOrCreateFile(path, makePrivateKey);
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new Error(`${path} must hold an ECDSA key on the curve P-256.`);
  }
  return key;
}

function makePrivateKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}

async function loadEarlierKeys(folder: string): Promise<readonly PublicKey[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  const pems = names.filter((name) => name.endsWith('.pem')).sort();
  return Promise.all(pems.map(async (name) => publicKey(createPublicKey(await readFile(join(folder, name))))));
}

function publicKey(key: KeyObject): PublicKey {
  const spki = key.export({ type: 'spki', format: 'der' });
  return {
    keyId: createHash('sha256').update(spki).digest('hex').slice(0, 16),
    algorithm: 'ECDSA_P256_SHA256',
    pem: key.export({ type: 'spki', format: 'pem' }).toString(),
  };
}
