import type { Caller } from '../domain/caller.ts';
import { isOpen } from '../domain/execution.ts';
import type { Ports } from '../ports/ports.ts';
import { mayReadExecution } from './read-access.ts';

export type ProofAnswer =
  /** The DSSE envelope as JSON text, exactly as it was signed and stored. */
  | { readonly kind: 'found'; readonly envelope: string }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'running' }
  | { readonly kind: 'nothingDeployed' };

/** The proof of the latest attempt, or of the one asked for (ruling 23). */
export async function getProof(
  ports: Pick<Ports, 'executions' | 'pipelines'>,
  input: { readonly caller: Caller; readonly id: string; readonly attempt?: number },
): Promise<ProofAnswer> {
  const execution = await ports.executions.find(input.id);
  if (execution === undefined || !(await mayReadExecution(ports, input.caller, execution))) return { kind: 'notFound' };
  const attempt = input.attempt ?? execution.attempt;
  if (attempt < 1 || attempt > execution.attempt) return { kind: 'notFound' };
  if (isOpen(execution) && attempt === execution.attempt) return { kind: 'running' };
  const envelope = await ports.executions.proof(input.id, attempt);
  return envelope === undefined ? { kind: 'nothingDeployed' } : { kind: 'found', envelope };
}
