import { z } from 'zod';
import type { BuildEvent } from '../domain/delivery.ts';
import { buildSettings } from './build-mapping.ts';
import { buildParsed, commonVariables, reportedVariables } from './build-report.ts';
import { hmacSecretFault, verifyHmacHeader } from './hmac-header.ts';
import { parseTime, readJson } from './read-json.ts';
import type { ReceiverType } from './receiver-type.ts';

const text = z.string().max(2048).nullish();

/** support.atlassian.com/bitbucket-cloud/docs/event-payloads, "Build status created" and "updated". */
const StatusHook = z.object({
  repository: z.object({ full_name: z.string().min(1).max(200) }),
  commit_status: z
    .object({
      key: z.string().min(1).max(255),
      name: text,
      state: z.string(),
      url: text,
      refname: text,
      created_on: text,
      updated_on: text,
      commit: z.object({ hash: text }).nullish(),
      links: z.object({ commit: z.object({ href: text }).nullish() }).nullish(),
    })
    .nullish(),
});

type Status = NonNullable<z.infer<typeof StatusHook>['commit_status']>;

const outcomes = new Map<string, BuildEvent['outcome']>([
  ['SUCCESSFUL', 'succeeded'],
  ['FAILED', 'failed'],
  ['STOPPED', 'failed'],
]);

/** Build statuses of Bitbucket Cloud: of Bitbucket Pipelines and of every other system that posts them. */
export const bitbucket: ReceiverType = {
  type: 'bitbucket',
  bodyTypes: ['application/json'],
  proof: 'own',
  settings: buildSettings,
  secretFault: hmacSecretFault,
  // GitHub's header of this name is a SHA-1: the prefix tells them apart.
  verify: (raw, { secrets }) =>
    verifyHmacHeader(raw, secrets, { header: 'x-hub-signature', algorithm: 'sha256', prefix: 'sha256=' }),
  parse(delivery, { settings }) {
    const read = readJson(delivery.body, StatusHook);
    if (read.kind === 'malformed') return read;
    const { repository, commit_status: status } = read.value;
    if (!status) return { kind: 'events', events: [], key: requestKey(delivery.headers) };
    const revision = commitOf(status);
    // The same status may be told by `created` and by `updated`; what makes it another one is its time.
    const key = JSON.stringify([repository.full_name, status.key, revision, status.state, status.updated_on]);
    const outcome = outcomes.get(status.state);
    if (outcome === undefined) return { kind: 'events', events: [], key };
    const place = placeOf(repository.full_name, { status, revision });
    if (place === undefined) {
      return { kind: 'malformed', message: 'The body does not fit: commit_status.commit.hash: absent.' };
    }
    return buildParsed(reportOf({ status, revision, place }, outcome), { settings, key });
  },
};

function requestKey(headers: Readonly<Record<string, string>>): string | undefined {
  const id = headers['x-request-uuid'];
  return id ? `request:${id}` : undefined;
}

function commitOf({ commit, links }: Status): string | undefined {
  return commit?.hash ?? /\/commit\/([0-9a-f]{7,64})$/.exec(links?.commit?.href ?? '')?.[1];
}

interface Place {
  readonly pipeline: string;
  readonly build: string;
}

/**
 * Bitbucket Pipelines numbers its builds in the address of their results. Of another system's status only its key tells which
 * build it is of, and the commit which one.
 */
function placeOf(
  repository: string,
  { status, revision }: { readonly status: Status; readonly revision: string | undefined },
): Place | undefined {
  const number = /\/pipelines\/(?:home#!\/)?results\/(\d{1,12})(?:$|[/?#])/.exec(status.url ?? '')?.[1];
  if (number !== undefined) return { pipeline: repository, build: number };
  return revision === undefined ? undefined : { pipeline: `${repository}:${status.key}`, build: revision };
}

interface Reported {
  readonly status: Status;
  readonly revision: string | undefined;
  readonly place: Place;
}

function reportOf({ status, revision, place }: Reported, outcome: BuildEvent['outcome']) {
  const report = { ...place, branch: status.refname ?? undefined, revision };
  const own = {
    BITBUCKET_COMMIT: revision,
    BITBUCKET_BRANCH: report.branch,
    BITBUCKET_BUILD_NUMBER: place.build === revision ? undefined : place.build,
    STATUS_KEY: status.key,
    STATUS_NAME: status.name ?? undefined,
  };
  return {
    ...report,
    outcome,
    provenance: status.url ?? undefined,
    startedAt: parseTime(status.created_on ?? undefined),
    finishedAt: parseTime(status.updated_on ?? undefined),
    variables: reportedVariables({ ...commonVariables(report), ...own }),
  };
}
