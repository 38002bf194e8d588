import type { Fact, FactBody, Poster } from '../../domain/fact.ts';
import type { Ports } from '../../ports/ports.ts';

/** Who says it and when: the same for every fact of one event. */
export interface FactSource {
  readonly receiver: string;
  readonly trusted: boolean;
  readonly postedBy?: Poster;
  /** The event's own time, epoch ms. */
  readonly at: number;
  /** Of the artifact's stored content. */
  readonly retentionDays?: number;
}

/** Put if absent under a name of its content, so that a replay finds its own. */
export async function addFact(
  ports: Pick<Ports, 'artifacts' | 'sha256' | 'clock'>,
  uuid: string,
  options: { readonly source: FactSource; readonly body: FactBody },
): Promise<Fact> {
  const fact = newFact(ports, options.source, options.body);
  await ports.artifacts.addFact(uuid, fact);
  return fact;
}

export function newFact(ports: Pick<Ports, 'sha256' | 'clock'>, source: FactSource, body: FactBody): Fact {
  const { receiver, at, postedBy } = source;
  const content = JSON.stringify([receiver, at, postedBy?.subject, body]);
  const id = `${body.kind}-${ports.sha256(content).slice(0, 24)}`;
  return { ...source, ...body, id, recordedAt: ports.clock.now() };
}
