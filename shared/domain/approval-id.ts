/** An approval's id says nothing by itself and is the same for every call: one request per stage, gate and attempt. */
export function approvalId(
  at: { readonly execution: string; readonly stage: string; readonly gate: number; readonly attempt: number },
  sha256: (data: string) => string,
): string {
  return `apr_${sha256(`${at.execution}|${at.stage}|${at.gate}|${at.attempt}`).slice(0, 32)}`;
}
