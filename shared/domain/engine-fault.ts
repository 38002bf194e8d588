import { type FaultRecord, failureCodes } from './failure.ts';
import type { EngineFault } from './machine-io.ts';

/** What the ledger keeps of a call that the engine gave up on. Only our own codes carry their own sentence. */
export function engineFaultRecord(fault: EngineFault): FaultRecord {
  if (!Object.hasOwn(failureCodes, fault.error) || fault.error === 'internal') {
    return {
      code: 'internal',
      message: `The task could not be carried out (${fault.error}); the service log has the fault.`,
    };
  }
  return { code: fault.error, message: sentenceOf(fault.cause) };
}

/** A Lambda fault's cause is JSON with `errorMessage`; the embedded engine gives the sentence itself. */
function sentenceOf(cause: string): string {
  const found = /"errorMessage":("(?:[^"\\]|\\.)*")/.exec(cause)?.[1];
  const text = found === undefined ? cause : parseText(found);
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}

function parseText(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}
