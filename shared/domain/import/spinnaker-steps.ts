import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { joinPath } from '../pipeline-draft.ts';
import { headerFault } from '../webhook-headers.ts';
import { listOf, objectOf, textOf } from './read-loose.ts';
import { spelText } from './spel.ts';
import type { SpinnakerContext } from './spinnaker-context.ts';
import { deployManifest } from './spinnaker-manifest.ts';

export interface SpinnakerStage {
  readonly raw: JsonObject;
  readonly path: string;
  readonly type: string;
  /** Keys that every stage may have. */
  readonly read: readonly string[];
  readonly reasons: Readonly<Record<string, string>>;
}

/** Whether stages of that type become a step. */
export function isTranslated(type: string): boolean {
  return type === 'deployManifest' || type === 'pipeline' || type === 'webhook';
}

/** The one step of a stage; undefined where what it needs is missing: noted. */
export function translateStep(context: SpinnakerContext, stage: SpinnakerStage): JsonObject | undefined {
  switch (stage.type) {
    case 'deployManifest':
      return deployManifest(context, stage);
    case 'pipeline':
      return pipelineStep(context, stage);
    default:
      return webhookStep(context, stage);
  }
}

function pipelineStep(context: SpinnakerContext, { raw, path, read, reasons }: SpinnakerStage): JsonObject | undefined {
  const { notes } = context;
  notes.leftover(raw, path, {
    read: [...read, 'application', 'pipeline', 'pipelineParameters', 'waitForCompletion'],
    reasons,
  });
  const pipeline = textOf(raw.pipeline) ?? '';
  const at = joinPath(path, 'pipeline');
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(pipeline) || pipeline === context.name) {
    notes.add(at, 'is no name or id of another pipeline: the stage is left out.');
    return undefined;
  }
  notes.add(
    at,
    `"${pipeline}" is Spinnaker's id: write the name of the pipeline here. It must be there, with an owner in common, when this file is put.`,
  );
  const parameters = texts(context, raw.pipelineParameters, joinPath(path, 'pipelineParameters'));
  const wait = raw.waitForCompletion !== false;
  return {
    step: 'pipeline',
    with: { pipeline, ...(Object.keys(parameters).length === 0 ? {} : { parameters }), wait },
  };
}

function webhookStep(context: SpinnakerContext, { raw, path, read, reasons }: SpinnakerStage): JsonObject | undefined {
  const { notes } = context;
  notes.leftover(raw, path, { read: [...read, 'url', 'method', 'payload', 'customHeaders'], reasons });
  const url = spelText(textOf(raw.url) ?? '', joinPath(path, 'url'), context);
  if (!/^https?:\/\/[^\s@]+$/.test(url)) {
    notes.add(joinPath(path, 'url'), 'is no http(s) URL without credentials in it: the stage is left out.');
    return undefined;
  }
  const method = textOf(raw.method) ?? 'POST';
  if (method.toUpperCase() !== 'POST')
    notes.add(joinPath(path, 'method'), `${method.slice(0, 20)} becomes POST, the only method of a webhook step.`);
  if (raw.waitForCompletion === true)
    notes.add(
      joinPath(path, 'waitForCompletion'),
      'nothing is polled here: write wait, and have the other side call back.',
    );
  const headers = sendable(context, texts(context, raw.customHeaders, joinPath(path, 'customHeaders')), path);
  const body =
    raw.payload === undefined || raw.payload === null
      ? undefined
      : deepText(context, raw.payload, joinPath(path, 'payload'));
  return {
    step: 'webhook',
    with: { url, ...(body === undefined ? {} : { body }), ...(Object.keys(headers).length === 0 ? {} : { headers }) },
  };
}

function sendable({ notes }: SpinnakerContext, headers: JsonObject, path: string): JsonObject {
  const entries = Object.entries(headers).filter(([name, value]) => {
    const fault = headerFault(name, String(value));
    if (fault !== undefined) notes.add(joinPath(path, 'customHeaders', name), `is left out. ${fault}`);
    return fault === undefined;
  });
  return Object.fromEntries(entries);
}

function texts(context: SpinnakerContext, value: Json | undefined, path: string): JsonObject {
  const entries = Object.entries(objectOf(value)).flatMap(([key, item]) => {
    const text = textOf(item);
    if (text === undefined) context.notes.add(joinPath(path, key), 'is left out: it is no text.');
    return text === undefined ? [] : [[key, spelText(text, joinPath(path, key), context)] as const];
  });
  return Object.fromEntries(entries);
}

/** The reader bounds the depth of a file, so this may recurse. */
export function deepText(context: SpinnakerContext, value: Json, path: string): Json {
  if (typeof value === 'string') return spelText(value, path, context);
  if (Array.isArray(value)) return listOf(value).map((item, index) => deepText(context, item, joinPath(path, index)));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, deepText(context, item, joinPath(path, key))]),
  );
}
