import type { Plan } from './plan.ts';

/** An approval's id says nothing by itself and is the same for every call: one request per stage, gate and attempt. */
export function approvalId(
  at: { readonly execution: string; readonly stage: string; readonly gate: number; readonly attempt: number },
  sha256: (data: string) => string,
): string {
  return `apr_${sha256(`${at.execution}|${at.stage}|${at.gate}|${at.attempt}`).slice(0, 32)}`;
}

/** Of every request that an execution may have made: each attempt may have asked at each of its approval gates. */
export function everyApprovalId(
  { id, attempt }: { readonly id: string; readonly attempt: number },
  { stages }: Plan,
  sha256: (data: string) => string,
): readonly string[] {
  const attempts = Array.from({ length: attempt }, (_, index) => index + 1);
  return stages.flatMap((stage) =>
    stage.gates.flatMap((gate, index) =>
      gate.kind === 'approval'
        ? attempts.map((one) => approvalId({ execution: id, stage: stage.id, gate: index, attempt: one }, sha256))
        : [],
    ),
  );
}
