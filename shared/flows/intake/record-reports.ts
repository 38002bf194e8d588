import { type Artifact, imageType } from '../../domain/artifact.ts';
import { artifactDigest, artifactRepository } from '../../domain/artifact-identity.ts';
import type { BuildEvent, Delivery } from '../../domain/delivery.ts';
import type { Digest } from '../../domain/digest.ts';
import { Failure, type FaultRecord, faultRecord } from '../../domain/failure.ts';
import { imageTags } from '../../domain/image-push.ts';
import type { NamedReport } from '../../domain/named-report.ts';
import { longestReport } from '../../domain/reports/report.ts';
import { judgeReport, type TestVerdict } from '../../domain/reports/test-verdict.ts';
import type { Asker } from '../../ports/registry-client.ts';
import { askingFor } from '../asking.ts';
import { subscriptionsOf } from '../find-subscriptions.ts';
import { openAccount } from '../find-usable-account.ts';
import { reportText } from '../read-claimed-report.ts';
import { recordTest } from '../record-test.ts';
import { mayAskerUse } from '../registry-accounts.ts';
import { type EventContext, factSource, type IntakePorts } from './event-context.ts';
import { resolveImage } from './verify-image.ts';

/** No further report is begun after this long: what was read is written down first, and the delivery comes again. */
const longestMs = 20_000;

/**
 * Reads the reports that a build names, failed builds' too, and records what they say of its images. After the build's rules:
 * a build system that is slow to give a report holds up nothing. What it cannot give now is thrown, so that the delivery comes
 * again; what it will not give is written beside the report, and asked for again by a replay.
 */
export async function recordReports(ports: IntakePorts, context: EventContext): Promise<void> {
  if (context.event.kind !== 'build' || (context.event.reports ?? []).length === 0) return;
  const delivery = await ports.deliveries.find(context.delivery.id);
  const build = delivery?.events[context.index];
  if (build?.kind !== 'build') return;
  const reports: NamedReport[] = [];
  const until = ports.clock.now() + longestMs;
  let outage: Failure | undefined;
  for (const report of build.reports ?? []) {
    const isOpen = report.readAt === undefined;
    const isLate = isOpen && ports.clock.now() >= until;
    const outcome = isLate ? tooLate() : isOpen ? await recordOne(ports, { context, build, report }) : report;
    if (outcome instanceof Failure) outage ??= outcome;
    reports.push(outcome instanceof Failure ? report : outcome);
  }
  await saveReports(ports, context, reports);
  if (outage !== undefined) throw outage;
}

function tooLate(): Failure {
  return new Failure(
    'outboundUnavailable',
    'The build system was slow to give its reports; the others are asked for next.',
  );
}

interface Reading {
  readonly context: EventContext;
  readonly build: BuildEvent;
  readonly report: NamedReport;
}

/** The report as read or refused; a Failure that may pass. */
async function recordOne(ports: IntakePorts, reading: Reading): Promise<NamedReport | Failure> {
  const { fault: _, ...report } = reading.report;
  try {
    const fault = await record(ports, { ...reading, report });
    return fault === undefined ? { ...report, readAt: ports.clock.now() } : { ...report, fault };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.retryable ? error : { ...report, fault: faultRecord(error) };
  }
}

async function record(ports: IntakePorts, { context, build, report }: Reading): Promise<FaultRecord | undefined> {
  const images = (report.images ?? build.artifacts.map(({ artifact }) => artifact)).filter(isImage);
  if (images.length === 0) return fault('noImage', 'The build names no image that the report could be about.');
  const asker = await askerOf(ports, context, images);
  const verdict = await readVerdict(build, report, await textOf(ports, report, asker));
  if (verdict.kind === 'unreadable') return fault('reportUnreadable', `The report ${verdict.message}.`);
  if (verdict.kind === 'contradiction') {
    return fault('reportContradicted', `The ${verdict.path} of ${report.name} ${verdict.message}.`);
  }
  const { name } = report;
  const { outcome, coverage, report: summary } = verdict;
  for (const image of images) {
    const settled = await settle(askingFor(ports, asker.pipelines), image);
    const test = { kind: 'test', ...settled, name, outcome, coverage, report: summary } as const;
    await recordTest(ports, test, factSource(context));
  }
  return undefined;
}

function fault(code: string, message: string): FaultRecord {
  return { code, message };
}

function isImage(artifact: Artifact): boolean {
  return artifact.type === imageType && artifactRepository(artifact) !== undefined;
}

/** Pipelines that follow the build, or have one of its images as a source: with their accounts it may be asked. */
async function askerOf(ports: IntakePorts, context: EventContext, images: readonly Artifact[]): Promise<Asker> {
  const pipelines = new Set(context.subscriptions.map(({ pipeline }) => pipeline));
  for (const image of images) {
    const repository = artifactRepository(image) ?? '';
    for (const { pipeline } of await subscriptionsOf(ports, repository)) pipelines.add(pipeline);
  }
  return { pipelines: [...pipelines] };
}

async function textOf(ports: IntakePorts, { from, account }: NamedReport, asker: Asker): Promise<string> {
  if (from.kind === 'content') return reportText(from.content);
  const found = account === undefined ? undefined : await ports.accounts.find(account);
  if (account !== undefined && (found === undefined || !(await mayAskerUse(ports, found, asker)))) {
    const message = `There is no account "${account}" that a pipeline of the build or its images may use`;
    throw new Failure('accountNotPermitted', message);
  }
  const opened = found && (await openAccount(ports, found));
  const bytes = await ports.reports.fetch(from, { account: opened, maxBytes: longestReport });
  return new TextDecoder().decode(bytes);
}

/** Without a claim JUnit says how the tests ended; a coverage report says it for itself as the build ended. */
async function readVerdict(
  build: BuildEvent,
  report: NamedReport,
  text: string,
): Promise<TestVerdict | { readonly kind: 'unreadable'; readonly message: string }> {
  // Few builds name reports: only they load the parsers.
  const { readReport } = await import('../../domain/reports/read-report.ts');
  const read = readReport(report.format, text);
  if (read.kind === 'invalid') return { kind: 'unreadable', message: read.message };
  const asBuilt = build.outcome === 'succeeded' ? 'passed' : 'failed';
  const own = read.report.format === 'junit' ? read.report.outcome : asBuilt;
  return judgeReport({ outcome: report.outcome ?? own, coverage: report.coverage }, read.report);
}

async function settle(
  ports: IntakePorts,
  image: Artifact,
): Promise<{ readonly repository: string; readonly digest: Digest }> {
  const repository = artifactRepository(image) ?? '';
  const digest = artifactDigest(image);
  if (digest !== undefined) return { repository, digest };
  const [tag = ''] = imageTags(image);
  return { repository, digest: (await resolveImage(ports, repository, tag)).digest };
}

async function saveReports(
  ports: IntakePorts,
  { delivery, index }: EventContext,
  reports: readonly NamedReport[],
): Promise<void> {
  for (let tries = 0; tries < 8; tries++) {
    const present = await ports.deliveries.find(delivery.id);
    if (present === undefined) return;
    const events: Delivery['events'] = present.events.map((event, at) =>
      at === index && event.kind === 'build' ? { ...event, reports } : event,
    );
    if ((await ports.deliveries.save({ ...present, events })) !== undefined) return;
  }
  throw new Failure('conflict', `Delivery ${delivery.id} is being changed too often at once.`);
}
