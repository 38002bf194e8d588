import { adminGroup, type Caller, operatorGroup } from '../domain/caller.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { hookPath, type Receiver, reservedReceivers } from '../domain/receiver.ts';
import { embeddedHost, isBound } from '../domain/receiver-bounds.ts';
import { openReceiverSecrets, receiverSecretName, sealReceiverSecrets } from '../domain/receiver-secret.ts';
import { parseReference } from '../domain/reference.ts';
import type { Ports } from '../ports/ports.ts';
import { type ReadSettings, readSettings } from '../receivers/read-settings.ts';
import type { ReceiverType } from '../receivers/receiver-type.ts';
import { findReceiverType, receiverTypes } from '../receivers/receivers.ts';

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

export interface ReceiverFault {
  readonly path: string;
  readonly message: string;
}

type ReceiverPorts = Pick<Ports, 'clock' | 'randomness' | 'receivers' | 'secrets'>;

const maxRepositories = 200;

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
  const type = findReceiverType(body.type);
  const read = settingsOf(type, body);
  const errors = receiverFaults(name, { body, type, read, secrets });
  if (errors.length > 0) return { kind: 'invalid', errors };
  const isKept = body.secret === undefined && (before === undefined || before.type === body.type);
  if (!isKept) await ports.secrets.put(receiverSecretName(name), sealReceiverSecrets(secrets));
  const saved = await ports.receivers.save(newReceiver(ports, name, { body, before, settings: told(read) }));
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

interface Checked {
  readonly body: ReceiverInput;
  readonly type: ReceiverType | undefined;
  readonly read: ReadSettings;
  readonly secrets: readonly string[];
}

/** Every fault at once. */
function receiverFaults(name: string, { body, type, read, secrets }: Checked): readonly ReceiverFault[] {
  return [
    ...nameFaults(name),
    ...(type === undefined ? [typeFault()] : typeFaults(type, { body, settings: told(read), secrets })),
    ...(read.kind === 'invalid' ? read.faults : []),
    ...repositoryFaults(body.repositories),
    ...registryFaults(body.registry),
  ];
}

function told(read: ReadSettings): JsonObject {
  return read.kind === 'ok' ? read.settings : {};
}

interface OfType {
  readonly body: ReceiverInput;
  readonly settings: JsonObject;
  readonly secrets: readonly string[];
}

function typeFaults(type: ReceiverType, { body, settings, secrets }: OfType): readonly ReceiverFault[] {
  const unsigned = body.allowUnsigned === true;
  return [
    ...secretFaults(type, { settings, secrets, optional: unsigned && type.proof === 'query' }),
    ...(unsigned && type.proof === 'own'
      ? [{ path: 'allowUnsigned', message: `is for senders that cannot prove themselves; ${type.type} can` }]
      : []),
    ...(type.needsRegistry && body.registry === undefined
      ? [{ path: 'registry', message: `must be given: ${type.type} does not say which host it speaks of` }]
      : []),
  ];
}

function typeFault(): ReceiverFault {
  return { path: 'type', message: `must be one of ${Object.keys(receiverTypes).join(', ')}` };
}

function nameFaults(name: string): readonly ReceiverFault[] {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) {
    return [{ path: 'name', message: 'must be lower-case letters, digits and -, 63 at most' }];
  }
  const isReserved = reservedReceivers.some((reserved) => reserved === name);
  return isReserved ? [{ path: 'name', message: `is reserved: ${reservedReceivers.join(', ')}` }] : [];
}

interface Secrets {
  readonly settings: JsonObject;
  readonly secrets: readonly string[];
  readonly optional: boolean;
}

function secretFaults(type: ReceiverType, { settings, secrets, optional }: Secrets): readonly ReceiverFault[] {
  if (type.takesSecret === false) {
    return secrets.length === 0 ? [] : [{ path: 'secret', message: `is not for ${type.type}: public keys prove it` }];
  }
  if ((secrets.length < 1 && !optional) || secrets.length > 2) {
    return [{ path: 'secret', message: 'must be one secret, or the current and the previous one' }];
  }
  return secrets.flatMap((secret, index) => {
    const fault = type.secretFault(secret, settings);
    return fault === undefined ? [] : [{ path: secrets.length === 1 ? 'secret' : `secret[${index}]`, message: fault }];
  });
}

function repositoryFaults(repositories: readonly string[]): readonly ReceiverFault[] {
  if (repositories.length < 1 || repositories.length > maxRepositories) {
    return [{ path: 'repositories', message: `must name 1 to ${maxRepositories} repositories that it may speak of` }];
  }
  return repositories.flatMap((pattern, index) =>
    isBound(pattern)
      ? []
      : [
          {
            path: `repositories[${index}]`,
            message: 'must be host/path; * is one segment, ** the rest. Files: a URL, or artifact: and a name',
          },
        ],
  );
}

function registryFaults(registry: string | undefined): readonly ReceiverFault[] {
  if (registry === undefined) return [];
  if (registry === embeddedHost) {
    return [{ path: 'registry', message: `${embeddedHost} is the embedded registry, which tells of its own pushes` }];
  }
  const isHost = parseReference(`${registry}/x/y`)?.registry === registry;
  return isHost ? [] : [{ path: 'registry', message: 'must be a host, like registry.example.com:5000' }];
}
