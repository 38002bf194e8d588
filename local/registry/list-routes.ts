import { parseDigest } from '../../shared/domain/digest.ts';
import { type Answer, jsonAnswer, refuse } from './answers.ts';
import { invalidDigest } from './blob-routes.ts';
import type { Call } from './call.ts';
import type { Referrer } from './storage.ts';

const largestPage = 1000;
/** Annotations are the pusher's, so a page of referrers is bounded by its bytes. */
const referrersPageBytes = 2 * 1024 * 1024;

export async function answerTags(call: Call, repository: string): Promise<Answer> {
  const refused = onlyReading(call);
  if (refused !== undefined) return refused;
  const { storage } = call.parts;
  if (!(await storage.exists(repository))) return refuse(404, 'NAME_UNKNOWN', `there is no repository ${repository}`);
  const asked = call.query.get('n') ?? String(largestPage);
  if (!/^\d{1,9}$/.test(asked)) return refuse(400, 'UNSUPPORTED', 'n must be a whole number');
  const last = call.query.get('last') ?? '';
  const after = (await storage.tags(repository)).filter((tag) => tag > last);
  const page = after.slice(0, Math.min(Number(asked), largestPage));
  const end = page.at(-1);
  const link =
    end === undefined || page.length === after.length
      ? {}
      : nextLink(`/v2/${repository}/tags/list`, { n: asked, last: end });
  return jsonAnswer({ name: repository, tags: page }, link);
}

/** An image index of what names the digest as its subject; empty if nothing does. */
export async function answerReferrers(call: Call, repository: string, digestText: string): Promise<Answer> {
  const refused = onlyReading(call);
  if (refused !== undefined) return refused;
  const subject = parseDigest(digestText);
  if (subject === undefined) return invalidDigest(digestText);
  const { storage } = call.parts;
  const last = call.query.get('last') ?? '';
  const type = call.query.get('artifactType');
  const names = (await storage.referrers(repository, subject)).filter((digest) => digest > last);
  const manifests: Referrer[] = [];
  let bytes = 0;
  let next: string | undefined;
  for (const [index, digest] of names.entries()) {
    const referrer = await storage.referrer(repository, subject, digest);
    if (referrer === undefined || (type !== null && referrer.artifactType !== type)) continue;
    manifests.push(referrer);
    bytes += JSON.stringify(referrer).length;
    if (bytes <= referrersPageBytes || index === names.length - 1) continue;
    next = digest;
    break;
  }
  const body = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests };
  const more =
    next === undefined ? {} : nextLink(`/v2/${repository}/referrers/${subject}`, { artifactType: type, last: next });
  return jsonAnswer(body, {
    ...more,
    'content-type': 'application/vnd.oci.image.index.v1+json',
    ...(type === null ? {} : { 'oci-filters-applied': 'artifactType' }),
  });
}

function onlyReading(call: Call): Answer | undefined {
  if (call.method === 'GET' || call.method === 'HEAD') return undefined;
  return refuse(405, 'UNSUPPORTED', 'This can only be read.', { headers: { allow: 'GET, HEAD' } });
}

function nextLink(path: string, query: Readonly<Record<string, string | null>>): { readonly link: string } {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== null) given.set(name, value);
  return { link: `<${path}?${given}>; rel="next"` };
}
