import { countingFacts } from './counting-facts.ts';
import type { FactGateInput, GateAnswer } from './gate-answer.ts';

/**
 * Asked of every digest that a stage deploys, without being written in the file. A rejection of one platform child refuses the
 * whole index: those are bytes that would run.
 */
export function answerRejected(input: Pick<FactGateInput, 'subject' | 'facts' | 'owners'>): GateAnswer {
  const facts = [input.facts.own, ...input.facts.children].flat();
  const newest = countingFacts(facts, 'rejected', { owners: input.owners })[0];
  if (!newest) return { kind: 'allow' };
  return {
    kind: 'deny',
    code: 'rejected',
    message: `${input.subject} was rejected: ${newest.reason}`,
    fix: 'A rejection stays. Publish other bytes and promote their digest.',
  };
}
