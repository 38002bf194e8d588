import { compileJavaPattern } from '../java-pattern.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { constraintFault } from '../payload-constraint.ts';
import { joinPath } from '../pipeline-draft.ts';
import { parseReference, splitRepository } from '../reference.ts';
import { listOf, objectOf, own, textOf, textsOf } from './read-loose.ts';
import type { SpinnakerContext } from './spinnaker-context.ts';
import { patternFault } from './spinnaker-expected.ts';
import { versionPattern } from './version-pattern.ts';

const longest = 1024;

/** Triggers that stay triggers; the others become sources of the context, or are noted. */
export function translateTriggers(context: SpinnakerContext, value: Json | undefined): readonly JsonObject[] {
  return listOf(value).flatMap((trigger, index) => {
    const path = joinPath('triggers', index);
    const kept = isJsonObject(trigger) ? translateTrigger(context, trigger, path) : undefined;
    if (!isJsonObject(trigger)) context.notes.add(path, 'is no trigger and is left out.');
    return kept === undefined ? [] : [kept];
  });
}

function translateTrigger(context: SpinnakerContext, trigger: JsonObject, path: string): JsonObject | undefined {
  const type = textOf(trigger.type) ?? '';
  switch (type.toLowerCase()) {
    case 'docker':
      return dockerTrigger(context, trigger, path);
    case 'pipeline':
      addUpstream(context, trigger, { path, pipeline: textOf(trigger.pipeline), what: "Spinnaker's id of a pipeline" });
      return undefined;
    case 'jenkins':
      addUpstream(context, trigger, {
        path,
        pipeline: textOf(trigger.job),
        what: 'a job of Jenkins, whose builds come in through a receiver of type jenkins',
      });
      return undefined;
    case 'webhook':
      return webhookTrigger(context, trigger, path);
    default:
      context.notes.add(path, `a trigger of type "${type.slice(0, 40)}" has no counterpart.${instead(type)}`);
      return undefined;
  }
}

function instead(type: string): string {
  if (type === 'cron') return ' Start the pipeline from a scheduler (POST /v1/pipelines/{name}/executions).';
  return type === 'git' ? ' Have the build that it starts send its result.' : '';
}

function isEnabled(trigger: JsonObject): boolean {
  return trigger.enabled !== false && trigger.enabled !== 'false';
}

/** With the registry's host a source; without it a trigger, which compares the account. */
function dockerTrigger(context: SpinnakerContext, trigger: JsonObject, path: string): JsonObject | undefined {
  const { notes } = context;
  notes.leftover(trigger, path, {
    read: [
      'type',
      'enabled',
      'account',
      'registry',
      'organization',
      'repository',
      'tag',
      'expectedArtifactIds',
      'id',
      'status',
    ],
  });
  const repository = textOf(trigger.repository) ?? '';
  const host = (textOf(trigger.registry) ?? '').replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  const whole = host === '' ? undefined : parseReference(`${host}/${repository}`)?.repository;
  const ids = expectedIds(context, trigger, path);
  const known = [...context.sources].find(
    ([id, one]) =>
      one.type === 'registry' &&
      (one.repository === whole || (whole === undefined && ids.includes(id) && isPathOf(repository, one))),
  );
  if (known === undefined && whole === undefined) return keptDocker(context, trigger, { path, repository, ids });
  const id = known?.[0] ?? context.ids.take(repository.split('/').at(-1) ?? '', 'image');
  const source = known?.[1] ?? { type: 'registry', repository: whole ?? '', on: [] };
  const tags = tagFilter(context, source, { trigger, path });
  if (tags === undefined) return strictDocker(context, trigger, { path, source, id });
  const on = isEnabled(trigger) ? ['push'] : listOf(source.on);
  context.sources.set(id, { ...source, on, ...tags });
  if (!isEnabled(trigger)) notes.add(joinPath(path, 'enabled'), `is switched off: the source "${id}" starts no run.`);
  const others = ids.filter((other) => other !== id);
  if (others.length > 0) {
    const message = `${others.join(', ')}: a push to the source "${id}" starts a run without asking for them.`;
    notes.add(joinPath(path, 'expectedArtifactIds'), message);
  }
  return undefined;
}

/** A filter of its own beside that of what it expects: both must admit the tag, which a trigger can ask for and a source cannot. */
function strictDocker(
  { notes }: SpinnakerContext,
  trigger: JsonObject,
  { path, source, id }: { readonly path: string; readonly source: JsonObject; readonly id: string },
): JsonObject {
  const { host, path: repository } = splitRepository(textOf(source.repository) ?? '');
  const tag = textOf(trigger.tag)?.trim() ?? '';
  notes.add(path, `stays a trigger, which asks for its own tag and for what the source "${id}" admits.`);
  return { type: 'docker', account: host, repository, tag, enabled: isEnabled(trigger), expectedArtifactIds: [id] };
}

/** What a trigger compares is never blank and at most 1,024 characters long. */
function shortText(value: Json | undefined): string | undefined {
  const text = textOf(value) ?? '';
  return text.trim() === '' || text.length > longest ? undefined : text;
}

function isPathOf(repository: string, source: JsonObject): boolean {
  return textOf(source.repository)?.endsWith(`/${repository}`) === true;
}

function keptDocker(
  { notes }: SpinnakerContext,
  trigger: JsonObject,
  { path, repository, ids }: { readonly path: string; readonly repository: string; readonly ids: readonly string[] },
): JsonObject | undefined {
  const account = shortText(trigger.account);
  const tag = textOf(trigger.tag)?.trim() ?? '';
  if (account === undefined || shortText(repository) === undefined) {
    notes.add(path, 'is left out: it names no account or no repository.');
    return undefined;
  }
  const fault = tag === '' ? undefined : patternFault(tag);
  if (fault !== undefined)
    notes.add(joinPath(path, 'tag'), `is left out, and the trigger switched off until it is mended: ${fault}`);
  notes.add(
    path,
    `stays a trigger: without a registry's host it is no source. "${account.slice(0, 80)}" has to be an account of ours for that registry.`,
  );
  return {
    type: 'docker',
    account,
    repository,
    ...(tag === '' || fault !== undefined ? {} : { tag }),
    enabled: isEnabled(trigger) && fault === undefined,
    expectedArtifactIds: ids,
  };
}

/** A blank tag is every tag but `latest`. Undefined: there are two filters, and both must hold. */
function tagFilter(
  { notes }: SpinnakerContext,
  source: JsonObject,
  { trigger, path }: { readonly trigger: JsonObject; readonly path: string },
): JsonObject | undefined {
  const tag = textOf(trigger.tag)?.trim() ?? '';
  const had = isJsonObject(source.tags) ? textsOf(source.tags.include) : [];
  const own = had[0] ?? 'regex:.*';
  if (tag === '') return { tags: { ...(had.length === 0 ? {} : { include: had }), exclude: ['latest'] } };
  if (bare(tag) === '.*' || bare(tag) === bare(own)) return {};
  if (bare(own) !== '.*' && compileJavaPattern(tag).kind === 'ok') return undefined;
  const include = versionPattern(tag, notes, joinPath(path, 'tag'));
  // Without its filter it would start on every push.
  return include === undefined ? { on: [] } : { tags: { include: [include] } };
}

/** Patterns are for the whole tag, anchored or not. */
function bare(pattern: string): string {
  return pattern
    .replace(/^regex:/, '')
    .replace(/^\^/, '')
    .replace(/\$$/, '');
}

function addUpstream(
  context: SpinnakerContext,
  trigger: JsonObject,
  { path, pipeline, what }: { readonly path: string; readonly pipeline: string | undefined; readonly what: string },
): void {
  const { notes } = context;
  notes.leftover(trigger, path, {
    read: ['type', 'enabled', 'application', 'pipeline', 'job', 'master', 'status', 'expectedArtifactIds', 'id'],
  });
  if (pipeline === undefined) {
    notes.add(path, 'is left out: it names no pipeline.');
    return;
  }
  const states = textsOf(trigger.status);
  const succeeds = states.length === 0 || states.includes('successful');
  if (states.some((state) => state !== 'successful')) {
    notes.add(joinPath(path, 'status'), 'only success starts a run; the others are left out.');
  }
  const id = context.ids.take('upstream');
  const isSelf = pipeline === context.name;
  const on = isEnabled(trigger) && succeeds && !isSelf ? ['buildSuccess'] : [];
  if (isSelf) notes.add(path, 'starts no run: each success would start the pipeline again.');
  context.sources.set(id, { type: 'pipeline', pipeline: pipeline.slice(0, 256), build: 'lastSuccessfulBuild', on });
  notes.add(
    path,
    `becomes the source "${id}". "${pipeline.slice(0, 80)}" is ${what}: write the name that its events have here.`,
  );
  if (textsOf(trigger.expectedArtifactIds).length > 0) {
    notes.add(
      joinPath(path, 'expectedArtifactIds'),
      'are left out: what the other pipeline made is matched when it starts this one.',
    );
  }
}

function webhookTrigger(context: SpinnakerContext, trigger: JsonObject, path: string): JsonObject | undefined {
  const { notes } = context;
  const source = shortText(trigger.source);
  notes.leftover(trigger, path, {
    read: ['type', 'enabled', 'source', 'payloadConstraints', 'expectedArtifactIds', 'id'],
  });
  if (source === undefined) {
    notes.add(path, 'is left out: it names no source.');
    return undefined;
  }
  notes.add(path, `needs a receiver of type webhook with the source "${source.slice(0, 80)}".`);
  const { payloadConstraints, isWhole } = constraints(context, trigger, path);
  return {
    type: 'webhook',
    source,
    ...(Object.keys(payloadConstraints).length === 0 ? {} : { payloadConstraints }),
    enabled: isEnabled(trigger) && isWhole,
    expectedArtifactIds: expectedIds(context, trigger, path),
  };
}

/** Without one of its constraints a trigger would fire for more than was meant: then it is switched off. */
function constraints({ notes }: SpinnakerContext, trigger: JsonObject, path: string): Constraints {
  const given = objectOf(own(trigger, 'payloadConstraints'));
  const faults = Object.entries(given).flatMap(([key, value]) => {
    const isText = value === null || typeof value !== 'object';
    const isShort = isText && key.length <= longest && String(value).length <= longest;
    const fault = isShort
      ? constraintFault(key, value === null ? null : String(value))
      : 'a constraint is one expression of at most 1,024 characters';
    return fault === undefined ? [] : [{ key, fault }];
  });
  for (const { key, fault } of faults) {
    notes.add(
      joinPath(path, 'payloadConstraints', key),
      `is left out, and the trigger switched off until it is mended: ${fault}.`,
    );
  }
  const kept = Object.entries(given).filter(([key]) => !faults.some((one) => one.key === key));
  return { payloadConstraints: Object.fromEntries(kept), isWhole: faults.length === 0 };
}

interface Constraints {
  readonly payloadConstraints: JsonObject;
  readonly isWhole: boolean;
}

/** Ours for those that the file has; Spinnaker ignores the others. */
function expectedIds(context: SpinnakerContext, trigger: JsonObject, path: string): readonly string[] {
  return textsOf(trigger.expectedArtifactIds).flatMap((id) => {
    const ours = context.expectedIds.get(id);
    if (ours === undefined)
      context.notes.add(
        joinPath(path, 'expectedArtifactIds'),
        `"${id.slice(0, 80)}" is no expected artifact of the file and is left out.`,
      );
    return ours === undefined ? [] : [ours];
  });
}
