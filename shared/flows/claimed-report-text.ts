import { normaliseArtifact } from '../domain/artifact-identity.ts';
import type { Caller } from '../domain/caller.ts';
import { embeddedType } from '../domain/content.ts';
import { isJsonObject, type Json } from '../domain/json.ts';
import type { Ports } from '../ports/ports.ts';
import { getContent } from './get-content.ts';
import { type ClaimedReport, type ReportFault, reportText } from './read-claimed-report.ts';

export type ReportTextPorts = Parameters<typeof getContent>[0] & Pick<Ports, 'sha1'>;

export type ReportText =
  | { readonly kind: 'ok'; readonly text: string; readonly path: string }
  | { readonly kind: 'invalid'; readonly errors: readonly ReportFault[] };

/** The text of a report that a caller gives or names; of an artifact, what is stored as its content and he may read. */
export async function claimedReportText(
  ports: ReportTextPorts,
  caller: Caller,
  report: ClaimedReport,
): Promise<ReportText> {
  if ('content' in report) return { kind: 'ok', text: report.content, path: 'report.content' };
  const path = 'report.artifact';
  const { artifact } = report;
  if (isJsonObject(artifact) && artifact.type === embeddedType && typeof artifact.reference === 'string') {
    return { kind: 'ok', text: reportText(artifact.reference), path };
  }
  const uuid = uuidOf(ports, artifact);
  const found = uuid === undefined ? undefined : await getContent(ports, { caller, uuid });
  if (found !== undefined) return { kind: 'ok', text: new TextDecoder().decode(found.bytes), path };
  const message =
    'names no content that is stored here and that you may read: upload it to /v1/artifacts/{uuid}/content';
  return { kind: 'invalid', errors: [{ path, message }] };
}

/** Its uuid, or an artifact: decorated, or in one of Flow's shapes. */
function uuidOf(ports: Pick<Ports, 'sha1'>, artifact: Json): string | undefined {
  if (typeof artifact === 'string') return artifact;
  if (!isJsonObject(artifact)) return undefined;
  const normal = normaliseArtifact(artifact, ports.sha1);
  return normal.kind === 'ok' ? normal.artifact.uuid : undefined;
}
