import { parseDocument } from 'yaml';
import { z } from 'zod';

/** Where an API server is and how to prove who asks: PEM texts, or a token. */
export interface ClusterLogin {
  /** `https://host[:port][/path]`, no trailing slash. */
  readonly server: string;
  readonly ca?: string;
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
}

export type KubeconfigAnswer =
  | { readonly kind: 'ok'; readonly login: ClusterLogin }
  | { readonly kind: 'invalid'; readonly message: string };

const name = z.string().max(1024);
const base64 = z.string().max(65_536);

/** Of kubernetes.io/docs/reference/config-api/kubeconfig.v1; what is not read here is ignored unless it would run or read something. */
const kubeconfig = z.object({
  'current-context': name.optional(),
  clusters: z.array(z.object({ name, cluster: z.record(z.string(), z.unknown()) })).max(100),
  users: z.array(z.object({ name, user: z.record(z.string(), z.unknown()).nullish() })).max(100),
  contexts: z.array(z.object({ name, context: z.object({ cluster: name, user: name }) })).max(100),
});

const cluster = z.object({ server: z.string().max(2048), 'certificate-authority-data': base64.optional() });
const user = z.object({
  token: z
    .string()
    .min(1)
    .max(16_384)
    .regex(/^[\x21-\x7e]+$/)
    .optional(),
  'client-certificate-data': base64.optional(),
  'client-key-data': base64.optional(),
});

/** What would run a program, read a file of the service, go another way or trust anybody: refused, whatever else is there. */
const refusedOfUser = [
  'exec',
  'auth-provider',
  'tokenFile',
  'client-certificate',
  'client-key',
  'username',
  'password',
];
const refusedOfUserToo = ['as', 'as-uid', 'as-groups', 'as-user-extra'];
const refusedOfCluster = ['certificate-authority', 'insecure-skip-tls-verify', 'proxy-url', 'tls-server-name'];

/** The login of the current context. No message repeats a credential. */
export function readKubeconfig(text: string, options: { readonly insecure: boolean }): KubeconfigAnswer {
  const read = kubeconfig.safeParse(parseYaml(text));
  if (!read.success) {
    const path = read.error.issues[0]?.path.join('.') || 'the text';
    return invalid(`This is no kubeconfig: see ${path}.`);
  }
  const { contexts, clusters, users } = read.data;
  const current = read.data['current-context'] ?? contexts[0]?.name;
  const context = contexts.find((one) => one.name === current)?.context;
  if (context === undefined) return invalid('Its current-context is not among its contexts.');
  const place = clusters.find((one) => one.name === context.cluster)?.cluster;
  const person = users.find((one) => one.name === context.user)?.user ?? undefined;
  if (place === undefined || person === undefined) return invalid('The cluster or the user of its context is missing.');
  const refused =
    [...refusedOfUser, ...refusedOfUserToo].find((key) => isGiven(person[key])) ??
    refusedOfCluster.find((key) => isGiven(place[key]));
  if (refused !== undefined) {
    return invalid(
      `"${refused}" is not taken: write certificates as *-data, and give a token or a client certificate.`,
    );
  }
  return login(place, person, options);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== '';
}

function login(place: unknown, person: unknown, { insecure }: { readonly insecure: boolean }): KubeconfigAnswer {
  const at = cluster.safeParse(place);
  const who = user.safeParse(person);
  if (!at.success || !who.success) {
    return invalid('Its cluster needs a server, and its user a token or a client certificate, each as text.');
  }
  const server = serverOf(at.data.server, insecure);
  if (server === undefined) return invalid('Its server must be https://host, without a user, a query or a fragment.');
  const ca = pem(at.data['certificate-authority-data']);
  const { token } = who.data;
  const cert = pem(who.data['client-certificate-data']);
  const key = pem(who.data['client-key-data']);
  if (ca === null || cert === null || key === null) return invalid('Its *-data must be PEM in base64.');
  if ((cert === undefined) !== (key === undefined)) return invalid('A client certificate and its key go together.');
  if (token === undefined && cert === undefined)
    return invalid('Its user has neither a token nor a client certificate.');
  return { kind: 'ok', login: { server, ca, ...(token === undefined ? { cert, key } : { token }) } };
}

function invalid(message: string): KubeconfigAnswer {
  return { kind: 'invalid', message };
}

function parseYaml(text: string): unknown {
  try {
    const document = parseDocument(text, { strict: true, uniqueKeys: true });
    return document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 10 });
  } catch {
    return undefined;
  }
}

function serverOf(text: string, insecure: boolean): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isSound = url.protocol === 'https:' || (insecure && url.protocol === 'http:');
  if (!isSound || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined;
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** Null where it is no PEM. */
function pem(data: string | undefined): string | undefined | null {
  if (data === undefined) return undefined;
  if (!/^[A-Za-z0-9+/\s]+=*\s*$/.test(data)) return null;
  const text = atob(data.replace(/\s/g, ''));
  return /^-----BEGIN [A-Z0-9 ]+-----/m.test(text) ? text : null;
}
