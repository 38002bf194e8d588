import { canonicalJson } from '../../domain/canonical-json.ts';
import type { LedgerNode } from '../../domain/execution.ts';
import type { PlacedStep } from '../../domain/ledger.ts';
import { stepsOf } from '../../domain/ledger.ts';
import { buildStatement, type DeployedImage, preAuthenticationHeader, proofEnvelope } from '../../domain/proof.ts';
import { startEvidence, triggerBody } from '../../domain/start-evidence.ts';
import { findStepKind } from '../../domain/step-kinds.ts';
import { rfc3339 } from '../../domain/times.ts';
import type { Ports } from '../../ports/ports.ts';
import { loadEvidence } from './load-evidence.ts';
import type { Run } from './load-run.ts';

/**
 * Signs what was deployed, once per attempt: ECDSA signatures differ each time, so put-if-absent decides which one stands.
 * Nothing deployed, nothing signed.
 */
export async function writeProof(
  ports: Pick<Ports, 'executions' | 'pipelines' | 'signer' | 'sha256'>,
  run: Run,
  nodes: readonly LedgerNode[],
): Promise<void> {
  const { execution } = run;
  if ((await ports.executions.proof(execution.id, execution.attempt)) !== undefined) return;
  const version = await ports.pipelines.version(execution.pipeline, execution.pipelineVersion);
  const statement = buildStatement({
    pipeline: execution.pipeline,
    pipelineVersion: execution.pipelineVersion,
    definedBy: version?.createdBy ?? 'unknown',
    executionId: execution.id,
    attempt: execution.attempt,
    trigger: triggerBody(execution),
    evidence: [...startEvidence(execution), ...(await loadEvidence(ports, run, nodes))],
    deployed: deployedImages(run, nodes),
    time: rfc3339,
    sha256: ports.sha256,
  });
  if (statement === undefined) return;
  const payload = Buffer.from(canonicalJson(statement), 'utf8');
  const signed = await ports.signer.sign(
    Buffer.concat([Buffer.from(preAuthenticationHeader(payload.length)), payload]),
  );
  const signature = Buffer.from(signed.signature).toString('base64');
  const envelope = proofEnvelope(payload.toString('base64'), signed.keyId, signature);
  await ports.executions.putProof(execution.id, execution.attempt, JSON.stringify(envelope));
}

/** What deploy steps put somewhere, in plan order: the subjects and environments of the proof. */
function deployedImages(run: Run, nodes: readonly LedgerNode[]): readonly DeployedImage[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const steps = run.plan.stages.flatMap(stepsOf);
  return steps.flatMap((placed) => deployedImage(run, placed, byName.get(placed.node)));
}

function deployedImage(run: Run, placed: PlacedStep, node: LedgerNode | undefined): readonly DeployedImage[] {
  if (node?.status !== 'succeeded' || node.wanted === undefined || node.repository === undefined) return [];
  if (findStepKind(placed.step.kind)?.deploys !== true) return [];
  return [
    {
      ...(placed.stage.environment === undefined ? {} : { environment: placed.stage.environment }),
      pipeline: run.execution.pipeline,
      stage: placed.stage.id,
      job: placed.job.id,
      step: placed.step.id,
      repository: node.repository,
      wanted: node.wanted,
      observed: node.observed ?? 'notObserved',
      at: rfc3339(node.endedAt ?? run.execution.createdAt),
    },
  ];
}
