import type { JsonObject } from '../domain/json.ts';
import { reservedReceivers } from '../domain/receiver.ts';
import { embeddedHost, isBound } from '../domain/receiver-bounds.ts';
import { parseReference } from '../domain/reference.ts';
import type { ReadSettings } from '../receivers/read-settings.ts';
import type { ReceiverType } from '../receivers/receiver-type.ts';
import { receiverTypeNames } from '../receivers/receivers.ts';
import type { ReceiverInput } from './put-receiver.ts';

export interface ReceiverFault {
  readonly path: string;
  readonly message: string;
}

const maxRepositories = 200;

interface Checked {
  readonly body: ReceiverInput;
  readonly type: ReceiverType | undefined;
  readonly read: ReadSettings;
  readonly secrets: readonly string[];
}

/** Every fault at once. */
export function receiverFaults(name: string, { body, type, read, secrets }: Checked): readonly ReceiverFault[] {
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
  return { path: 'type', message: `must be one of ${receiverTypeNames.join(', ')}` };
}

export function nameFaults(name: string): readonly ReceiverFault[] {
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
