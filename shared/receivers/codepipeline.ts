import { z } from 'zod';
import type { BridgeEvent } from '../domain/bridge-event.ts';
import type { BuildEvent } from '../domain/delivery.ts';
import type { JsonObject } from '../domain/json.ts';
import { ofNoInterest, readDetail } from './bridge-detail.ts';
import { buildParsed, commonVariables, reportedVariables } from './build-report.ts';
import { parseTime } from './read-json.ts';
import type { Parsed } from './receiver-type.ts';

/** docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html; `version` is a number in reality. */
const StateChange = z.object({
  pipeline: z.string().min(1).max(100),
  'execution-id': z.string().min(1).max(64),
  state: z.string(),
});

/** SUPERSEDED says that a newer execution went on instead, and nothing about this one. */
const outcomes = new Map<string, BuildEvent['outcome']>([
  ['SUCCEEDED', 'succeeded'],
  ['FAILED', 'failed'],
  ['STOPPED', 'failed'],
  ['CANCELED', 'failed'],
]);

/** `CodePipeline Pipeline Execution State Change`; those of stages and actions are parts of it. */
export function parseCodePipeline(event: BridgeEvent, settings: JsonObject): Parsed {
  const read = readDetail(event, StateChange);
  if (read.kind === 'malformed') return read;
  const { pipeline, 'execution-id': build, state } = read.detail;
  const outcome = outcomes.get(state);
  if (outcome === undefined) return ofNoInterest(event);
  const report = { pipeline, build };
  const own = { AWS_ACCOUNT_ID: event.account, AWS_REGION: event.region };
  const variables = reportedVariables({ ...commonVariables(report), ...own });
  return buildParsed({ ...report, outcome, finishedAt: parseTime(event.time), variables }, { settings, key: event.id });
}
