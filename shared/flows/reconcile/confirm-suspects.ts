import type { Digest } from '../../domain/digest.ts';
import { Failure } from '../../domain/failure.ts';
import { digestMark, eventGraceMs, type Suspect, tagKey } from '../../domain/watched-repository.ts';
import type { Manifest } from '../../ports/registry-client.ts';
import type { Looked, Looking } from './check-repository.ts';
import type { ReconcilePorts } from './reconcile.ts';
import { recordGap } from './record-gap.ts';

/** What became of a suspect: it goes on being one (with another digest), or it is settled as seen. */
type Settled =
  | { readonly kind: 'waits'; readonly suspect: Suspect }
  | { readonly kind: 'seen'; readonly digest: Digest; readonly gap: boolean }
  | { readonly kind: 'gone' };

/** Suspects whose events have had their time: those that are still not recorded are gaps. */
export async function confirmSuspects(
  ports: ReconcilePorts,
  looking: Looking,
): Promise<Looked & { readonly gaps: number }> {
  const seen = new Map(looking.seen);
  const suspects: Suspect[] = [];
  let gaps = 0;
  for (const suspect of looking.watched.suspects) {
    const isEarly = suspect.since + eventGraceMs > ports.clock.now();
    const settled: Settled = isEarly ? { kind: 'waits', suspect } : await settle(ports, looking, suspect);
    const key = tagKey(suspect.tag, ports.sha256);
    if (settled.kind === 'waits') suspects.push(settled.suspect);
    else if (settled.kind === 'gone') seen.delete(key);
    else {
      seen.set(key, digestMark(settled.digest));
      if (settled.gap) gaps += 1;
    }
  }
  return { watched: { ...looking.watched, suspects }, seen, gaps };
}

async function settle(ports: ReconcilePorts, { watched, asker }: Looking, suspect: Suspect): Promise<Settled> {
  const { repository } = watched;
  const head = await ports.artifacts.tag(repository, suspect.tag);
  if (head?.digest === suspect.digest) return { kind: 'seen', digest: suspect.digest, gap: false };
  const manifest = await present(() => ports.registry.resolveTag(repository, suspect.tag, asker));
  if (manifest === undefined) return { kind: 'gone' };
  const { digest } = manifest;
  if (head?.digest === digest) return { kind: 'seen', digest, gap: false };
  // It moved again meanwhile: that push's event has its time, too.
  if (digest !== suspect.digest) return { kind: 'waits', suspect: { ...suspect, digest, since: ports.clock.now() } };
  await recordGap(ports, { repository, tag: suspect.tag, digest, head });
  return { kind: 'seen', digest, gap: true };
}

/** Undefined = the tag is no longer there. */
async function present(ask: () => Promise<Manifest>): Promise<Manifest | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Failure && error.code === 'manifestUnknown') return undefined;
    throw error;
  }
}
