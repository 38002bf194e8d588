import { z } from 'zod';
import type { BridgeEvent } from '../domain/bridge-event.ts';
import type { ScanEvent } from '../domain/delivery.ts';
import { parseDigest } from '../domain/digest.ts';
import { ecrHost } from '../domain/ecr-host.ts';
import type { Severities } from '../domain/fact.ts';
import { isRepository, isTag } from '../domain/reference.ts';
import { malformedEvent, ofNoInterest, readDetail } from './bridge-detail.ts';
import { parseTime } from './read-json.ts';
import type { Parsed } from './receiver-type.ts';

const count = z.int().min(0);

/** docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html. Scans of instances and functions name no repository. */
const Scan = z.object({
  'scan-status': z.string().nullish(),
  'repository-name': z.string().nullish(),
  'image-digest': z.string().nullish(),
  'image-tags': z.array(z.string()).max(1000).nullish(),
  'finding-severity-counts': z.record(z.string().max(64), count).nullish(),
});

/** Same page, "Inspector2 Finding"; a finding of anything else than an image has other details. */
const Finding = z.object({
  severity: z.string().max(64),
  fixAvailable: z.string().nullish(),
  status: z.string(),
  resources: z
    .array(
      z.object({
        type: z.string(),
        details: z
          .object({
            awsEcrContainerImage: z
              .object({ registry: z.string(), repositoryName: z.string(), imageHash: z.string() })
              .nullish(),
          })
          .nullish(),
      }),
    )
    .max(100),
});

/** The end of a first scan. Inspector scans on by itself and then tells single findings only. */
export function parseInspectorScan(event: BridgeEvent): Parsed {
  const read = readDetail(event, Scan);
  if (read.kind === 'malformed') return read;
  const { detail } = read;
  const repository = repositoryOfArn(detail['repository-name'] ?? '');
  if (repository === undefined || detail['scan-status'] !== 'INITIAL_SCAN_COMPLETE') return ofNoInterest(event);
  const digest = parseDigest(detail['image-digest'] ?? '');
  if (digest === undefined)
    return malformedEvent(event, 'detail.image-digest: must be sha256: and 64 lower-case hex digits');
  const tags = detail['image-tags'] ?? [];
  const tag = tags.length === 1 && isTag(tags[0] ?? '') ? { tag: tags[0] } : {};
  const counts = detail['finding-severity-counts'];
  const found: Pick<ScanEvent, 'severities' | 'uncounted'> =
    counts == null ? { severities: {}, uncounted: true } : { severities: severitiesOf(counts) };
  const scan = {
    kind: 'scan',
    repository,
    ...tag,
    digest,
    at: parseTime(event.time),
    status: 'complete',
    ...found,
  } as const;
  return { kind: 'events', events: [scan], key: event.id };
}

/**
 * One finding that is open. It says what is wrong and never that nothing is, so it can only make worse what a scan said:
 * the event is marked, and starts no run.
 */
export function parseInspectorFinding(event: BridgeEvent): Parsed {
  const read = readDetail(event, Finding);
  if (read.kind === 'malformed') return read;
  const { severity, status, resources, fixAvailable } = read.detail;
  if (status !== 'ACTIVE') return ofNoInterest(event);
  const images = resources.flatMap(({ type, details }) =>
    type === 'AWS_ECR_CONTAINER_IMAGE' ? (details?.awsEcrContainerImage ?? []) : [],
  );
  const severities = { [severity.toLowerCase()]: oneFinding(fixAvailable) };
  const events: ScanEvent[] = [];
  for (const { registry, repositoryName, imageHash } of images) {
    const repository = `${ecrHost({ account: registry, region: event.region })}/${repositoryName}`;
    const digest = parseDigest(imageHash);
    if (digest === undefined || !isRepository(repository)) {
      return malformedEvent(event, 'detail.resources: registry, repositoryName and imageHash make no image');
    }
    events.push({
      kind: 'scan',
      repository,
      digest,
      at: parseTime(event.time),
      status: 'complete',
      severities,
      finding: true,
    });
  }
  return { kind: 'events', events, key: event.id };
}

/** What is fixed in part can be fixed. */
function oneFinding(fixAvailable: string | null | undefined): Severities[string] {
  const fixable = new Map([
    ['YES', 1],
    ['PARTIAL', 1],
    ['NO', 0],
  ]).get(fixAvailable ?? '');
  return fixable === undefined ? 1 : { total: 1, fixable };
}

/** `arn:aws:ecr:<region>:<account>:repository/<path>`: unlike ECR, Inspector names the repository by its ARN. */
function repositoryOfArn(arn: string): string | undefined {
  const [, region, account, path] = /^arn:aws[a-z-]*:ecr:([a-z0-9-]+):(\d{12}):repository\/(.+)$/.exec(arn) ?? [];
  if (region === undefined || account === undefined) return undefined;
  const repository = `${ecrHost({ account, region })}/${path}`;
  return isRepository(repository) ? repository : undefined;
}

/** Inspector counts LOW and what is less in TOTAL alone: the rest of it is called low, which is never too little. */
function severitiesOf(counts: Readonly<Record<string, number>>): Severities {
  const named = Object.entries(counts).filter(([name]) => name.toUpperCase() !== 'TOTAL');
  const severities = Object.fromEntries(named.map(([name, number]) => [name.toLowerCase(), number]));
  const rest = (counts.TOTAL ?? 0) - named.reduce((sum, [, number]) => sum + number, 0);
  return rest > 0 ? { ...severities, low: (severities.low ?? 0) + rest } : severities;
}
