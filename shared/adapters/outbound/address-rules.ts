import { BlockList, isIP } from 'node:net';

/** Where outgoing calls may go although the address is private: one entry of the allow list. */
export type AllowEntry =
  | { readonly kind: 'host'; readonly host: string; readonly port?: number }
  | { readonly kind: 'network'; readonly address: string; readonly prefix: number; readonly port?: number };

interface Destination {
  /** As the URL has it: a name or a literal address, IPv6 with or without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface AddressRules {
  /** Whether a connection to `address`, which is what the destination's host resolved to, may be made. */
  permits(destination: Destination, address: string): boolean;
}

/** Special-purpose networks of the IANA registries (RFC 6890 and later), and those that carry an IPv4 address inside. */
const refusedNetworks: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

let refusedList: BlockList | undefined;

/** Made when the first address is asked about: reading networks takes longer than all else that this module does. */
function refused(): BlockList {
  refusedList ??= blockListOf(refusedNetworks.map(([address, prefix]) => ({ address, prefix })));
  return refusedList;
}

/** Rules over an allow list of host, host:port, address, address:port or CIDR. Throws RangeError naming a bad entry. */
export function createAddressRules(allow: readonly string[]): AddressRules {
  const entries = allow.map((text) => {
    const entry = parseAllowEntry(text);
    if (entry === undefined) throw new RangeError(`"${text}" is not a host, host:port or CIDR`);
    return { entry, list: entry.kind === 'network' ? blockListOf([entry]) : undefined };
  });
  return {
    permits(destination, address) {
      if (isIP(address) === 0) return false;
      if (!contains(refused(), address)) return true;
      const host = plainHost(destination.host);
      return entries.some(({ entry, list }) => {
        if (entry.port !== undefined && entry.port !== destination.port) return false;
        return entry.kind === 'host' ? entry.host === host : list !== undefined && contains(list, address);
      });
    },
  };
}

/** One entry of WAYBILL_OUTBOUND_ALLOW; undefined if it is none. A literal address is the network of that one address. */
export function parseAllowEntry(text: string): AllowEntry | undefined {
  const trimmed = text.trim().toLowerCase();
  const cidr = /^\[?([0-9a-f.:]+)\]?\/(\d{1,3})$/.exec(trimmed);
  if (cidr) return network(cidr[1], Number(cidr[2]), undefined);
  if (isIP(trimmed) !== 0) return network(trimmed, undefined, undefined);
  const parts = /^(\[[0-9a-f.:]+\]|[^:[\]/\s]+)(?::(\d{1,5}))?$/.exec(trimmed);
  const host = parts?.[1];
  const port = parts?.[2] === undefined ? undefined : Number(parts[2]);
  if (host === undefined || (port !== undefined && (port < 1 || port > 65_535))) return undefined;
  const plain = plainHost(host);
  if (isIP(plain) !== 0) return network(plain, undefined, port);
  return /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(plain) ? { kind: 'host', host: plain, port } : undefined;
}

/** Lower case, no brackets, no root dot. */
export function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}

function network(address: string | undefined, prefix: number | undefined, port: number | undefined) {
  const family = address === undefined ? 0 : isIP(address);
  if (address === undefined || family === 0) return undefined;
  const bits = family === 4 ? 32 : 128;
  if (prefix !== undefined && prefix > bits) return undefined;
  return { kind: 'network', address, prefix: prefix ?? bits, port } as const;
}

function blockListOf(networks: readonly { readonly address: string; readonly prefix: number }[]): BlockList {
  const list = new BlockList();
  for (const { address, prefix } of networks) list.addSubnet(address, prefix, familyOf(address));
  return list;
}

/** BlockList itself reads `::ffff:10.0.0.1` as 10.0.0.1. */
function contains(list: BlockList, address: string): boolean {
  const plain = address.replace(/%.*$/, '');
  return list.check(plain, familyOf(plain));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}
