import { z } from 'zod';
import type { BuildEvent } from '../domain/delivery.ts';
import { buildSettings } from './build-mapping.ts';
import { buildParsed, commonVariables, reportedVariables } from './build-report.ts';
import { parseImagePurl } from './image-purl.ts';
import { querySecretFault, verifyQuerySecret } from './query-secret.ts';
import { parseTime, readJson, readShape } from './read-json.ts';
import type { ParseContext, Parsed, ReceiverType } from './receiver-type.ts';
import { webHookPreflight } from './web-hook-preflight.ts';

const text = z.string().max(2048).nullish();

/** cdevents.dev/docs: up to 0.4 `content.url`, from 0.5 `content.uri`; what else differs is not read. */
const CdEvent = z.object({
  context: z.object({
    id: z.string().min(1).max(256),
    source: z.string().max(1024),
    type: z.string().max(128),
    timestamp: text,
    chainId: text,
  }),
  subject: z.object({
    id: z.string().min(1).max(1024),
    source: text,
    content: z.object({ pipelineName: text, outcome: text, url: text, uri: text, user: text }).nullish(),
  }),
  customData: z.unknown().optional(),
});

/** CloudEvents' structured mode has it in `data`; in binary mode it is the body. */
const Body = z.looseObject({ context: z.unknown().optional(), data: z.unknown().optional() });

type CdEvent = z.infer<typeof CdEvent>;

const outcomes = new Map<string, BuildEvent['outcome']>([
  ['success', 'succeeded'],
  ['failure', 'failed'],
  ['error', 'failed'],
  ['cancel', 'failed'],
]);

/** CDEvents 0.4 and 0.5: artifacts that were published or deleted, and pipeline runs that finished. */
export const cdevents: ReceiverType = {
  type: 'cdevents',
  bodyTypes: ['application/cloudevents+json', 'application/json'],
  proof: 'query',
  settings: buildSettings,
  secretFault: querySecretFault,
  verify: verifyQuerySecret,
  preflight: webHookPreflight,
  parse(delivery, context) {
    const body = readJson(delivery.body, Body);
    if (body.kind === 'malformed') return body;
    const isStructured = body.value.context === undefined && body.value.data !== undefined;
    const read = isStructured ? readShape(body.value.data, CdEvent, ['data']) : readShape(body.value, CdEvent);
    if (read.kind === 'malformed') return read;
    const { id, source, type } = read.value.context;
    const parsed = parseEvent(read.value, kindOf(type), context);
    return parsed.kind === 'malformed' ? parsed : { ...parsed, key: JSON.stringify([source, id]) };
  },
};

/** `dev.cdevents.artifact.published.0.2.0` without its version, which the senders of one day differ in. */
function kindOf(type: string): string {
  return /^dev\.cdevents\.([a-z]+\.[a-z]+)\.\d/.exec(type)?.[1] ?? '';
}

function parseEvent(event: CdEvent, kind: string, context: ParseContext): Parsed {
  switch (kind) {
    case 'artifact.published':
    case 'artifact.deleted':
      return artifactEvent(event, kind === 'artifact.published' ? 'push' : 'delete', context.registry);
    case 'pipelinerun.finished':
      return finishedRun(event, context);
    default:
      return { kind: 'events', events: [] };
  }
}

/** Of packages that are no images, and of images that say neither tag nor digest, there is nothing to tell. */
function artifactEvent({ context, subject }: CdEvent, kind: 'push' | 'delete', registry: string | undefined): Parsed {
  const image = parseImagePurl(subject.id, registry);
  if (image === undefined || (image.digest === undefined && image.tag === undefined))
    return { kind: 'events', events: [] };
  const told = { ...image, at: parseTime(context.timestamp ?? undefined) };
  const actor = subject.content?.user ?? undefined;
  return { kind: 'events', events: [kind === 'push' ? { kind, ...told, actor } : { kind, ...told }] };
}

function finishedRun({ context, subject, customData }: CdEvent, { settings }: ParseContext): Parsed {
  const { pipelineName, outcome: said, uri, url } = subject.content ?? {};
  const outcome = outcomes.get(said ?? '');
  if (outcome === undefined) return { kind: 'events', events: [] };
  // The name is optional in the specification; the source is not.
  const report = { pipeline: pipelineName || subject.source || context.source, build: subject.id };
  const own = { CHAIN_ID: context.chainId ?? undefined, SUBJECT_SOURCE: subject.source ?? undefined };
  const typed = typeof customData === 'object' && customData !== null ? Object.entries({ ...customData }) : [];
  const variables = reportedVariables({ ...commonVariables(report), ...own }, typed);
  const finishedAt = parseTime(context.timestamp ?? undefined);
  return buildParsed({ ...report, outcome, provenance: uri ?? url ?? undefined, finishedAt, variables }, { settings });
}
