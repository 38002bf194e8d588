export interface PublicKey {
  readonly keyId: string;
  readonly algorithm: 'ECDSA_P256_SHA256';
  readonly pem: string;
}

/** KMS on AWS, a key file of mode 0600 on one machine. */
export interface Signer {
  /** DER signature, as openssl and KMS give it. */
  sign(data: Uint8Array): Promise<{ readonly keyId: string; readonly signature: Uint8Array }>;
  /** The present key first, then earlier ones. */
  keys(): Promise<readonly PublicKey[]>;
  /** HMAC-SHA256 hex under the service's own secret, for callback tokens (ruling 21). */
  mac(data: string): Promise<string>;
}
