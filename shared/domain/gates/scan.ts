import { formatDuration } from '../duration.ts';
import type { Fact } from '../fact.ts';
import type { ScanGate } from '../pipeline.ts';
import { countingFacts, type Listeners } from './counting-facts.ts';
import type { DigestFacts, FactGateInput, GateAnswer } from './gate-answer.ts';
import { type ScanVerdict, scanVerdicts } from './scan-verdicts.ts';
import { judgeSeverities, worstSeverities } from './severity-limit.ts';

const dayMs = 86_400_000;

/** The newest complete scan within the limits; one that has not come is waited for (ruling 7). */
export function answerScan(gate: ScanGate, input: FactGateInput): GateAnswer {
  const listeners = { owners: input.owners, from: gate.from };
  const scan = newestScan(input.facts, listeners);
  if (!scan) return missing(gate, input);
  const verdict = judgeSeverities(scan.severities, gate);
  if (verdict.kind === 'within') return { kind: 'allow' };
  if (verdict.kind === 'over' && isInGrace(gate, input, listeners)) return { kind: 'allow' };
  return {
    kind: 'deny',
    code: 'scanDenied',
    message: `${input.subject}: ${verdict.message}`,
    fix: verdict.kind === 'over' ? 'Promote a digest whose scan is within the limits.' : unjudgedFix,
  };
}

const unjudgedFix = 'Use a scanner that says how many findings are fixable, or set fixableOnly: false.';

function missing(gate: ScanGate, input: FactGateInput): GateAnswer {
  const until = input.arrivedAt + gate.within;
  const by = gate.from ? ` by ${gate.from.join(' or ')}` : '';
  if (input.now < until) return { kind: 'wait', until, message: `Waits for a scan of ${input.subject}${by}.` };
  const mute = [input.facts.own, ...input.facts.children]
    .flatMap((facts) => countingFacts(facts, 'scanned', { owners: input.owners, from: gate.from }))
    .find((fact) => fact.uncounted === true);
  const message = mute
    ? `The scan of ${input.subject} by ${mute.receiver} completed and does not say what it found; no other came within ${formatDuration(gate.within)}.`
    : `No complete scan of ${input.subject}${by} came within ${formatDuration(gate.within)}.`;
  return {
    kind: 'deny',
    code: 'scanMissing',
    message,
    fix: 'Scan the digest and retry, or give the gate a longer `within`.',
  };
}

/** Design 7: an index is scanned when each child is, with the worst of each severity; its own scan wins unless a child's is newer. */
function newestScan(facts: DigestFacts, listeners: Listeners): ScanVerdict | undefined {
  const own = completeScans(facts.own, listeners)[0];
  const children = facts.children.map((child) => completeScans(child, listeners)[0]);
  const scanned = children.filter((scan) => scan !== undefined);
  if (scanned.length === 0 || scanned.length < children.length) return own;
  const at = Math.max(...scanned.map((scan) => scan.at));
  if (own && own.at >= at) return own;
  return { at, severities: worstSeverities(scanned.map((scan) => scan.severities)) };
}

function completeScans(facts: readonly Fact[], listeners: Listeners): readonly ScanVerdict[] {
  return scanVerdicts(countingFacts(facts, 'scanned', listeners));
}

function isInGrace(gate: ScanGate, input: FactGateInput, listeners: Listeners): boolean {
  if (gate.graceDays === 0) return false;
  const over = [input.facts.own, ...input.facts.children]
    .flatMap((facts) => completeScans(facts, listeners))
    .filter((scan) => judgeSeverities(scan.severities, gate).kind !== 'within');
  const first = Math.min(...over.map((scan) => scan.at));
  return input.now < first + gate.graceDays * dayMs;
}
