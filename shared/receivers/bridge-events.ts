import type { BridgeEvent } from '../domain/bridge-event.ts';
import type { JsonObject } from '../domain/json.ts';
import { ofNoInterest } from './bridge-detail.ts';
import { parseCodeBuild } from './codebuild.ts';
import { parseCodePipeline } from './codepipeline.ts';
import { parseEcrEvent } from './ecr.ts';
import { parseEcrReplication } from './ecr-replication.ts';
import { parseInspectorFinding, parseInspectorScan } from './inspector2.ts';
import type { Parsed } from './receiver-type.ts';

/** Names that facts of AWS are recorded under, on both engines (ruling 7). */
export type BridgeReporter = 'ecr' | 'inspector2' | 'codebuild' | 'codepipeline';

interface BridgeSource {
  readonly reporter: BridgeReporter;
  /** Whether its events are builds, which the settings of a receiver say the images of. */
  readonly builds?: true;
  /** By `detail-type`; others say nothing to us. */
  readonly parsers: Readonly<Record<string, (event: BridgeEvent, settings: JsonObject) => Parsed>>;
}

/** By `source`, which nobody but AWS can begin with `aws.` on an account's default bus. */
export const bridgeSources: Readonly<Record<string, BridgeSource>> = {
  'aws.ecr': {
    reporter: 'ecr',
    parsers: {
      'ECR Image Action': parseEcrEvent,
      'ECR Image Scan': parseEcrEvent,
      'ECR Replication Action': parseEcrReplication,
    },
  },
  'aws.inspector2': {
    reporter: 'inspector2',
    parsers: { 'Inspector2 Scan': parseInspectorScan, 'Inspector2 Finding': parseInspectorFinding },
  },
  'aws.codebuild': {
    reporter: 'codebuild',
    builds: true,
    parsers: { 'CodeBuild Build State Change': parseCodeBuild },
  },
  'aws.codepipeline': {
    reporter: 'codepipeline',
    builds: true,
    parsers: { 'CodePipeline Pipeline Execution State Change': parseCodePipeline },
  },
};

/** Undefined for sources that we know nothing of. */
export function findBridgeSource(event: BridgeEvent): BridgeSource | undefined {
  return Object.hasOwn(bridgeSources, event.source) ? bridgeSources[event.source] : undefined;
}

export function parseBridgeEvent(source: BridgeSource, event: BridgeEvent, settings: JsonObject): Parsed {
  const { parsers } = source;
  const parse = Object.hasOwn(parsers, event['detail-type']) ? parsers[event['detail-type']] : undefined;
  return parse?.(event, settings) ?? ofNoInterest(event);
}
