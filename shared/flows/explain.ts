import type { RecordedArtifact } from '../domain/artifact.ts';
import { imageArtifact } from '../domain/artifact-identity.ts';
import type { Caller } from '../domain/caller.ts';
import { claimText } from '../domain/claim.ts';
import type { MatchReason } from '../domain/delivery.ts';
import type { Digest } from '../domain/digest.ts';
import type { Fact } from '../domain/fact.ts';
import type { Subscription } from '../domain/pipeline.ts';
import { isRepository } from '../domain/reference.ts';
import { matchSource, type SourceEvent, type SourceMatch } from '../domain/source-match.ts';
import type { Ports } from '../ports/ports.ts';
import { mayKnow } from './asking.ts';
import { explainTrigger } from './explain-triggers.ts';
import { dockerTriggers, subscriptionsOf } from './find-subscriptions.ts';
import { latestRefusal } from './intake/becomes-latest.ts';
import { rebuiltWarning } from './intake/rebuilt-warning.ts';
import { createReadAccess } from './read-access.ts';

type ExplainPorts = Pick<
  Ports,
  'accounts' | 'artifacts' | 'environments' | 'executions' | 'pipelines' | 'sha1' | 'sha256'
>;

export interface ExplainInput {
  readonly caller: Caller;
  /** `host/path`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

export interface Explanation {
  readonly pipeline: string;
  readonly source: string;
  readonly matched: boolean;
  readonly reason: MatchReason;
  readonly message: string;
}

/** What every source and docker trigger of a repository would make of a push or scan of that image now. Asks no registry and changes nothing. */
export async function explain(
  ports: ExplainPorts,
  input: ExplainInput,
): Promise<{ readonly items: readonly Explanation[] }> {
  if (!isRepository(input.repository)) return { items: [] };
  const mayRead = createReadAccess(ports, input.caller);
  const image = await knownImage(ports, input);
  const items: Explanation[] = [];
  for (const subscription of await subscriptionsOf(ports, input.repository)) {
    const { pipeline, source } = subscription;
    if (!(await mayRead(pipeline))) continue;
    const known = (await mayBeKnown(ports, image, pipeline)) ? image : { tag: input.tag, facts: [], pushedAt: 0 };
    items.push({ pipeline, source, ...(await explainOne(ports, subscription, { input, image: known })) });
  }
  for (const subscription of await dockerTriggers(ports, input.repository)) {
    const { pipeline, source } = subscription;
    if (!(await mayRead(pipeline))) continue;
    const known = (await mayBeKnown(ports, image, pipeline)) ? { ...input, ...image } : input;
    const explained = await explainTrigger(ports, subscription, known);
    if (explained !== undefined) items.push({ pipeline, source, ...explained });
  }
  return { items };
}

interface KnownImage {
  readonly tag?: string;
  readonly digest?: Digest;
  readonly recorded?: RecordedArtifact;
  readonly facts: readonly Fact[];
  readonly pushedAt: number;
}

/** With a tag alone, the image that it points at as far as we know; with a digest alone, the tag it was pushed under last. */
async function knownImage(ports: ExplainPorts, { repository, tag, digest }: ExplainInput): Promise<KnownImage> {
  const head = tag === undefined ? undefined : await ports.artifacts.tag(repository, tag);
  const meant = digest ?? head?.digest;
  if (meant === undefined) return { tag, facts: [], pushedAt: 0 };
  const { uuid } = imageArtifact({ repository, digest: meant }, ports.sha1);
  const [recorded, facts] = await Promise.all([ports.artifacts.find(uuid), ports.artifacts.facts(uuid)]);
  const pushed = facts.find((fact) => fact.kind === 'pushed' && (tag === undefined || fact.tag === tag));
  const known = pushed?.kind === 'pushed' ? pushed.tag : undefined;
  return { tag: tag ?? known, digest: meant, recorded, facts, pushedAt: pushed?.at ?? head?.pushedAt ?? 0 };
}

/** What was got with another team's account is to this pipeline as if it were not recorded. */
async function mayBeKnown(ports: ExplainPorts, { recorded }: KnownImage, pipeline: string): Promise<boolean> {
  return recorded === undefined || mayKnow(ports, recorded, { pipelines: [pipeline] });
}

interface Asked {
  readonly input: ExplainInput;
  readonly image: KnownImage;
}

async function explainOne(ports: ExplainPorts, subscription: Subscription, asked: Asked): Promise<SourceMatch> {
  const { rule } = subscription;
  const { image } = asked;
  const kind = rule.type === 'registry' && !rule.on.includes('push') && rule.on.includes('scan') ? 'scan' : 'push';
  const decided = matchSource(rule, eventOf(kind, image));
  if (!decided.matched) return decided;
  const refusal =
    (await claimRefusal(ports, subscription, { ...asked, kind })) ?? (await orderRefusal(ports, subscription, image));
  return refusal ?? { ...decided, message: `${decided.message}${await warningFor(ports, subscription, asked)}` };
}

async function warningFor(
  ports: ExplainPorts,
  { pipeline, version }: Subscription,
  { input, image }: Asked,
): Promise<string> {
  const { digest, recorded } = image;
  const stored = digest && (await ports.pipelines.version(pipeline, version));
  if (digest === undefined || stored === undefined) return '';
  const { definition } = stored;
  return rebuiltWarning(ports, { definition, repository: input.repository, digest, revision: recorded?.revision });
}

function eventOf(kind: 'push' | 'scan', { tag, recorded, facts }: KnownImage): SourceEvent {
  const about = { tag, branch: recorded?.branch };
  if (kind === 'push') return { kind, ...about };
  const scan = facts.find((fact) => fact.kind === 'scanned' && !fact.finding);
  // Without a scan so far, the question is what a successful one would do.
  return { kind, status: scan?.kind === 'scanned' ? scan.status : 'complete', ...about };
}

async function claimRefusal(
  ports: ExplainPorts,
  { pipeline }: Subscription,
  { input, image, kind }: Asked & { readonly kind: 'push' | 'scan' },
): Promise<SourceMatch | undefined> {
  const { tag = '', digest } = image;
  if (digest === undefined) return undefined;
  const text = claimText({ kind, pipeline, repository: input.repository, tag, digest });
  const claim = await ports.executions.findClaim(ports.sha256(text));
  if (claim === undefined) return undefined;
  const message = `Execution ${claim.executionId} was started for it.`;
  return { matched: false, reason: 'alreadyExecuted', message };
}

async function orderRefusal(
  ports: ExplainPorts,
  { rule, pipeline, source }: Subscription,
  { tag = '', pushedAt }: KnownImage,
): Promise<SourceMatch | undefined> {
  if (rule.type !== 'registry' || rule.order === 'pushed') return undefined;
  const head = await ports.artifacts.sourceLatest(pipeline, source);
  if (head?.tag === tag) return undefined;
  const message = latestRefusal(rule, { tag, pushedAt }, head);
  return message === undefined ? undefined : { matched: false, reason: 'notLatest', message };
}
