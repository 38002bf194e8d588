import { z } from 'zod';
import type { BuildArtifact, VerifiedDelivery } from '../domain/delivery.ts';
import { buildSettings, imageOfText } from './build-mapping.ts';
import { buildParsed, commonVariables, reportedVariables } from './build-report.ts';
import { querySecretFault, verifyQuerySecret } from './query-secret.ts';
import { parseTime, readJson } from './read-json.ts';
import type { ReceiverType } from './receiver-type.ts';
import { webHookPreflight } from './web-hook-preflight.ts';

const text = z.string().max(2048).nullish();
const named = z
  .array(z.object({ name: z.string().max(256), value: z.unknown().optional() }))
  .max(1000)
  .nullish();
const labels = z.record(z.string(), z.unknown()).nullish();

/** github.com/tektoncd/pipeline, docs/events.md: the body of every run's event; v1beta1 says pipelineResults, v1 results. */
const RunEvent = z.object({
  pipelineRun: z
    .object({
      metadata: z.object({
        name: z.string().min(1),
        namespace: z.string().min(1).max(63),
        uid: z.string().min(1).max(64),
        labels,
        annotations: labels,
      }),
      spec: z.object({ pipelineRef: z.object({ name: text }).nullish(), params: named }).nullish(),
      status: z.object({ startTime: text, completionTime: text, pipelineResults: named, results: named }).nullish(),
    })
    .nullish(),
});

type Run = NonNullable<z.infer<typeof RunEvent>['pipelineRun']>;

const eventType = /^dev\.tekton\.event\.pipelinerun\.(successful|failed)\.v1$/;

/** Tekton's CloudEvents, in binary mode. Tekton proves nothing, so the URL holds the secret. */
export const tekton: ReceiverType = {
  type: 'tekton',
  bodyTypes: ['application/json'],
  proof: 'query',
  settings: buildSettings,
  secretFault: querySecretFault,
  verify: verifyQuerySecret,
  preflight: webHookPreflight,
  parse(delivery, { settings }) {
    const read = readJson(delivery.body, RunEvent);
    if (read.kind === 'malformed') return read;
    const type = delivery.headers['ce-type'] ?? '';
    const run = read.value.pipelineRun;
    const [, ending] = eventType.exec(type) ?? [];
    if (ending === undefined) return { kind: 'events', events: [], key: eventKey(delivery) };
    if (!run) return { kind: 'malformed', message: 'The body does not fit: pipelineRun: absent.' };
    // A controller that starts again sends its events again under new ids.
    const key = `${run.metadata.uid} ${type}`;
    return buildParsed(reportOf(run, ending === 'successful' ? 'succeeded' : 'failed'), { settings, key });
  },
};

function eventKey({ headers }: VerifiedDelivery): string | undefined {
  const { 'ce-id': id, 'ce-source': source } = headers;
  return id ? `ce:${JSON.stringify([source, id])}` : undefined;
}

function reportOf(run: Run, outcome: 'succeeded' | 'failed') {
  const { metadata, spec, status } = run;
  const results = [...(status?.pipelineResults ?? []), ...(status?.results ?? [])];
  const resultOf = (name: string) => textOf(results.find((result) => result.name === name)?.value);
  const name = textOf(metadata.labels?.['tekton.dev/pipeline']) ?? spec?.pipelineRef?.name ?? metadata.name;
  const report = {
    pipeline: `${metadata.namespace}/${name}`,
    build: metadata.name,
    branch: branchOf(annotation(run, 'branch')),
    revision: annotation(run, 'sha') ?? resultOf('CHAINS-GIT_COMMIT'),
  };
  const params = (spec?.params ?? []).map((one) => [one.name, one.value] as const);
  const produced = results.map((one) => [one.name, one.value] as const);
  return {
    ...report,
    outcome,
    startedAt: parseTime(status?.startTime ?? undefined),
    finishedAt: parseTime(status?.completionTime ?? undefined),
    variables: reportedVariables(commonVariables(report), [...params, ...produced]),
    results: imagesOf(results),
  };
}

/** Pipelines as Code writes them; as annotations, since a label cannot hold every branch. */
function annotation({ metadata }: Run, name: 'branch' | 'sha'): string | undefined {
  const key = `pipelinesascode.tekton.dev/${name}`;
  return textOf(metadata.annotations?.[key]) ?? textOf(metadata.labels?.[key]);
}

function branchOf(ref: string | undefined): string | undefined {
  return ref?.replace(/^refs\/heads\//, '');
}

interface Result {
  readonly name: string;
  readonly value?: unknown;
}

/**
 * Images by the convention of Tekton Chains (tekton.dev/docs/chains/slsa-provenance): `IMAGE_URL` with `IMAGE_DIGEST`, both with
 * one prefix, and `IMAGES`, a list of `repository@digest`. Only what has its digest counts; the prefix is the artifact's name.
 */
function imagesOf(results: readonly Result[]): readonly BuildArtifact[] {
  const pairs = results.flatMap(({ name, value }) => {
    const found = /^(?:(.*)([-_]))?IMAGE_URL$/.exec(name);
    if (found === null) return [];
    const [, prefix = '', dash = ''] = found;
    const digest = textOf(results.find((one) => one.name === `${prefix}${dash}IMAGE_DIGEST`)?.value);
    return digest === undefined ? [] : [{ name: prefix, image: `${untagged(textOf(value) ?? '')}@${digest}` }];
  });
  const listed = textOf(results.find(({ name }) => name === 'IMAGES')?.value)?.split(/[\s,]+/) ?? [];
  const images = [...pairs, ...listed.slice(0, 100).map((image) => ({ name: '', image }))];
  return places(images.slice(0, 100));
}

/** A place holds one artifact: those without a name of their own are called as their repository is, where there are several. */
function places(images: readonly { readonly name: string; readonly image: string }[]): readonly BuildArtifact[] {
  const found = new Map<string, BuildArtifact>();
  const unnamed = new Set(images.flatMap(({ name, image }) => (name === '' ? [image] : []))).size;
  for (const { name: given, image } of images) {
    const artifact = image.includes('@') ? imageOfText(image) : undefined;
    if (artifact === undefined) continue;
    const name = given === '' && unnamed > 1 ? artifact.name.slice(artifact.name.lastIndexOf('/') + 1) : given;
    const place = { stage: 'build', job: 'main', step: 'build', ...(name === '' ? {} : { name }), artifact };
    if (!found.has(name)) found.set(name, place);
  }
  return [...found.values()];
}

/** `IMAGE_URL` may hold the tag that was pushed. */
function untagged(image: string): string {
  const name = image.trim();
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}

/** Results may hold a line's end, as `echo` writes it. */
function textOf(value: unknown): string | undefined {
  const trimmed = typeof value === 'string' ? value.trim() : '';
  return trimmed === '' ? undefined : trimmed;
}
