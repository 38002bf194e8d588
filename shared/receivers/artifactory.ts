import { z } from 'zod';
import { someText } from './body-text.ts';
import { hmacSecretFault, verifyHmacHeader } from './hmac-header.ts';
import { bodyKey, imageEvent, repositoryOf } from './image-event.ts';
import { readJson } from './read-json.ts';
import type { ParseContext, ReceiverType } from './receiver-type.ts';
import { verifySecretHeader } from './secret-header.ts';

const header = 'x-jfrog-event-auth';

/** JFrog's page "Webhooks: domain docker". It has neither a time nor an id. */
const Hook = z.object({
  domain: someText,
  event_type: someText,
  jpd_origin: someText,
  data: z.object({ repo_key: someText, sha256: someText, image_name: someText, tag: someText }).nullish(),
  userContext: z.object({ id: someText }).nullish(),
});

/** A promotion copies: the image is then in the repository that the event names. */
const kinds = new Map<string | null | undefined, 'push' | 'delete'>([
  ['pushed', 'push'],
  ['promoted', 'push'],
  ['deleted', 'delete'],
]);

/** Where an image of `repo_key` is pulled from: Artifactory's Docker access methods. */
const layouts = ['path', 'subdomain', 'port'] as const;

/**
 * JFrog Artifactory. One header carries either the secret or an HMAC by it, and which one it is has to be said: a receiver that
 * took both would take the weaker.
 */
export const artifactory: ReceiverType = {
  type: 'artifactory',
  bodyTypes: ['application/json'],
  proof: 'own',
  settings: z.strictObject({ signing: z.boolean().default(false), layout: z.enum(layouts).default('path') }),
  secretFault: hmacSecretFault,
  verify: (raw, { secrets, settings }) =>
    settings.signing === true
      ? verifyHmacHeader(raw, secrets, { header, algorithm: 'sha256' })
      : verifySecretHeader(raw, header, secrets),
  parse(delivery, context) {
    const read = readJson(delivery.body, Hook);
    if (read.kind === 'malformed') return read;
    const { domain, event_type: type, data, userContext } = read.value;
    const kind = kinds.get(type);
    const key = bodyKey(delivery.body);
    // What a remote repository fetched for a pull is announced as pushed into its cache.
    if (domain !== 'docker' || kind === undefined || data?.repo_key?.endsWith('-cache'))
      return { kind: 'events', events: [], key };
    const repository = imageRepository(read.value, context);
    if (repository === undefined)
      return { kind: 'malformed', message: 'jpd_origin, data.repo_key and data.image_name name no repository.' };
    const digest = data?.sha256 ? `sha256:${data.sha256}` : undefined;
    return {
      kind: 'events',
      events: imageEvent(kind, { repository, digest, tag: data?.tag, actor: userContext?.id }),
      key,
    };
  },
};

function imageRepository(
  { jpd_origin: origin, data }: z.infer<typeof Hook>,
  { registry, settings }: ParseContext,
): string | undefined {
  const host = registry ?? (origin && URL.canParse(origin) ? new URL(origin).host : undefined);
  const { repo_key: key, image_name: image } = data ?? {};
  if (!host || !key || !image) return undefined;
  if (settings.layout === 'subdomain') return repositoryOf(`${key}.${host}`, image);
  return repositoryOf(host, settings.layout === 'port' ? image : `${key}/${image}`);
}
