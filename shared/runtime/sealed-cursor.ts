import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { Ports } from '../ports/ports.ts';

/** Cursors as callers get them: nobody can look into one, make one, or use one of another list. */
export interface CursorSeal {
  seal(cursor: string, list: string): Promise<string>;
  /** Undefined for what `seal` did not make for that list. */
  open(sealed: string, list: string): Promise<string | undefined>;
}

interface Keys {
  readonly encryption: Buffer;
  readonly nonce: Buffer;
}

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * A store's cursor is the place of an entry, and entries have names. The key is derived from the service's own secret, so that
 * every process has the same one. The nonce is derived from the text: the same cursor stays the same, and with it the list's ETag.
 */
export function createCursorSeal({ signer }: Pick<Ports, 'signer'>): CursorSeal {
  let derived: Promise<Keys> | undefined;
  const keys = () => {
    derived ??= deriveKeys(signer).catch((error: unknown) => {
      derived = undefined;
      throw error;
    });
    return derived;
  };
  return {
    async seal(cursor, list) {
      const { encryption, nonce: nonceKey } = await keys();
      const nonce = createHmac('sha256', nonceKey)
        .update(JSON.stringify([list, cursor]))
        .digest()
        .subarray(0, nonceBytes);
      const sealing = createCipheriv(cipher, encryption, nonce).setAAD(Buffer.from(list));
      const text = Buffer.concat([sealing.update(cursor, 'utf8'), sealing.final()]);
      return Buffer.concat([nonce, sealing.getAuthTag(), text]).toString('base64url');
    },
    async open(sealed, list) {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length <= nonceBytes + tagBytes || bytes.toString('base64url') !== sealed) return undefined;
      const { encryption } = await keys();
      const opening = createDecipheriv(cipher, encryption, bytes.subarray(0, nonceBytes)).setAAD(Buffer.from(list));
      opening.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      try {
        return Buffer.concat([opening.update(bytes.subarray(nonceBytes + tagBytes)), opening.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}

/** No execution is called like this, so no callback's token is a key of ours. */
const purpose = 'waybill:cursors:v1';

async function deriveKeys(signer: Ports['signer']): Promise<Keys> {
  const secret = await signer.mac(purpose);
  const derive = (use: string) => createHmac('sha256', secret).update(use).digest();
  return { encryption: derive('encryption'), nonce: derive('nonce') };
}
