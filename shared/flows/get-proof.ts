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

/** The proof of the latest attempt, or of the one asked for (ruling 23). Proofs outlive their executions. */
export async function getProof(
  ports: Pick<Ports, 'executions' | 'pipelines'>,
  input: { readonly caller: Caller; readonly id: string; readonly attempt?: number },
): Promise<ProofAnswer> {
  const execution = await ports.executions.find(input.id);
  const shown = execution ?? (await ports.executions.swept(input.id));
  if (shown === undefined || !(await mayReadExecution(ports, input.caller, shown))) return { kind: 'notFound' };
  const attempt = input.attempt ?? shown.attempt;
  if (attempt < 1 || attempt > shown.attempt) return { kind: 'notFound' };
  if (execution !== undefined && isOpen(execution) && attempt === shown.attempt) return { kind: 'running' };
  const envelope = await ports.executions.proof(input.id, attempt);
  if (envelope !== undefined) return { kind: 'found', envelope };
  return execution === undefined ? { kind: 'notFound' } : { kind: 'nothingDeployed' };
}
