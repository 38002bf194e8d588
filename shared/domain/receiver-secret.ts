import { isJsonObject, type Json } from './json.ts';

/** Under which name the SecretStore holds a receiver's secrets. */
export function receiverSecretName(name: string): string {
  return `receiver/${name}`;
}

/** The current secret and, while it is being changed, the previous one. */
export function sealReceiverSecrets(secrets: readonly string[]): string {
  return JSON.stringify({ secrets });
}

/** None for what cannot be read: without a secret every proof is refused. */
export function openReceiverSecrets(sealed: string | undefined): readonly string[] {
  const value = sealed === undefined ? null : parse(sealed);
  const secrets = isJsonObject(value) && Array.isArray(value.secrets) ? value.secrets : [];
  return secrets.filter((secret): secret is string => typeof secret === 'string');
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
