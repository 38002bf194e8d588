import { adminGroup, type Caller, operatorGroup } from '../domain/caller.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { hookPath, type Receiver } from '../domain/receiver.ts';
import { openReceiverSecrets, receiverSecretName, sealReceiverSecrets } from '../domain/receiver-secret.ts';
import type { Ports } from '../ports/ports.ts';
import { type ReadSettings, readSettings } from '../receivers/read-settings.ts';
import type { ReceiverType } from '../receivers/receiver-type.ts';
import { findReceiverType } from '../receivers/receivers.ts';
import { nameFaults, type ReceiverFault, receiverFaults } from './receiver-faults.ts';

export interface ReceiverInput {
  readonly type: string;
  /** Globs over `host/path`. */
  readonly repositories: readonly string[];
  /** One, or the current and the previous. Absent keeps what is there. */
  readonly secret?: string | readonly string[];
  readonly registry?: string;
  readonly allowUnsigned?: boolean;
  /** Settings of the type. */
  readonly [setting: string]: Json | undefined;
}

export interface PutReceiver {
  readonly caller: Caller;
  readonly name: string;
  readonly body: ReceiverInput;
}

export type PutReceiverAnswer =
  /** `url` is the hook's path; the receiver holds no secret. */
  | { readonly kind: 'created' | 'updated'; readonly receiver: Receiver; readonly url: string }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'invalid'; readonly errors: readonly ReceiverFault[] };

type ReceiverPorts = Pick<Ports, 'clock' | 'randomness' | 'receivers' | 'secrets'>;

/**
 * Makes or changes a door for one sender; its URL stays. The secret is written first, so that there is never a door that
 * nothing guards: a crash in between leaves the old door with the new secret, and the same call again ends it.
 */
export async function putReceiver(
  ports: ReceiverPorts,
  { caller, name, body }: PutReceiver,
): Promise<PutReceiverAnswer> {
  if (!mayChangeReceivers(caller)) return { kind: 'forbidden' };
  const before = nameFaults(name).length === 0 ? await ports.receivers.find(name) : undefined;
  const secrets = await secretsOf(ports, { body, before });
  const type = await findReceiverType(body.type);
  const read = settingsOf(type, body);
  const errors = receiverFaults(name, { body, type, read, secrets });
  if (errors.length > 0) return { kind: 'invalid', errors };
  const isKept = body.secret === undefined && (before === undefined || before.type === body.type);
  if (!isKept) await ports.secrets.put(receiverSecretName(name), sealReceiverSecrets(secrets));
  const saved = await ports.receivers.save(
    newReceiver(ports, name, { body, before, settings: read.kind === 'ok' ? read.settings : {} }),
  );
  if (saved === undefined) return { kind: 'conflict' };
  return { kind: before === undefined ? 'created' : 'updated', receiver: saved, url: hookPath(saved) };
}

/** Receivers name no owners, so they are the operators' (contract 4). */
export function mayChangeReceivers(caller: Caller): boolean {
  return caller.groups.includes(adminGroup) || caller.groups.includes(operatorGroup);
}

interface Put {
  readonly body: ReceiverInput;
  readonly before: Receiver | undefined;
}

/** Those of another type prove another sender. */
async function secretsOf(ports: ReceiverPorts, { body, before }: Put): Promise<readonly string[]> {
  if (body.secret !== undefined) return [body.secret].flat();
  if (before === undefined || before.type !== body.type) return [];
  return openReceiverSecrets(await ports.secrets.get(receiverSecretName(before.name)));
}

/** Everything in the body that not every receiver has. */
function settingsOf(type: ReceiverType | undefined, body: ReceiverInput): ReadSettings {
  const { type: _t, repositories: _r, secret: _s, registry: _h, allowUnsigned: _a, ...rest } = body;
  const given = Object.entries(rest).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  return type === undefined ? { kind: 'ok', settings: {} } : readSettings(type, Object.fromEntries(given));
}

function newReceiver(
  ports: ReceiverPorts,
  name: string,
  { body, before, settings }: Put & { readonly settings: JsonObject },
): Receiver {
  const { type, repositories, registry, allowUnsigned = false } = body;
  return {
    name,
    type,
    hookId: before?.hookId ?? ports.randomness.hex(24),
    repositories,
    registry,
    allowUnsigned,
    settings,
    createdAt: before?.createdAt ?? ports.clock.now(),
    refusedProofs: before?.refusedProofs ?? 0,
    failures: before?.failures ?? 0,
    rev: before?.rev ?? 0,
  };
}
