import { formatDuration } from '../duration.ts';
import type { Fact } from '../fact.ts';
import type { TestsGate } from '../pipeline.ts';
import { countingFacts, type Listeners } from './counting-facts.ts';
import type { DigestFacts, FactGateInput, GateAnswer } from './gate-answer.ts';

interface TestResult {
  readonly name: string;
  readonly at: number;
  readonly outcome: 'passed' | 'failed';
  readonly coverage?: number;
}

/** Every required test passed the last time it ran, and enough is covered; what has not come is waited for. */
export function answerTests(gate: TestsGate, input: FactGateInput): GateAnswer {
  const results = newestResults(input.facts, { owners: input.owners, from: gate.from });
  const failed = gate.required.filter((name) => results.get(name)?.outcome === 'failed');
  if (failed.length > 0) {
    return denied(`${input.subject}: ${failed.join(', ')} failed.`, 'Promote a digest whose tests pass.');
  }
  const coverage = coverageOf(gate, results);
  if (gate.minCoverage !== undefined && coverage !== undefined && coverage < gate.minCoverage) {
    const message = `${input.subject}: coverage is ${coverage} %, at least ${gate.minCoverage} % is required.`;
    return denied(message, 'Promote a digest whose tests cover more.');
  }
  const absent = gate.required.filter((name) => !results.has(name));
  if (gate.minCoverage !== undefined && coverage === undefined)
    absent.push(`coverage (at least ${gate.minCoverage} %)`);
  return absent.length === 0 ? { kind: 'allow' } : missing(gate, input, absent.join(', '));
}

function missing(gate: TestsGate, input: FactGateInput, absent: string): GateAnswer {
  const until = input.arrivedAt + gate.within;
  if (input.now < until)
    return { kind: 'wait', until, message: `Waits for test results of ${input.subject}: ${absent}.` };
  const message = `No result came within ${formatDuration(gate.within)} for ${input.subject}: ${absent}.`;
  const fix = 'Report the results for this digest and retry, or give the gate a longer `within`.';
  return { kind: 'deny', code: 'testsMissing', message, fix };
}

function denied(message: string, fix: string): GateAnswer {
  return { kind: 'deny', code: 'testsDenied', message, fix };
}

/** The newest coverage among the required tests that report one, else among all tests: another suite's figure does not hide theirs. */
function coverageOf(gate: TestsGate, results: ReadonlyMap<string, TestResult>): number | undefined {
  const reporting = [...results.values()].filter(({ coverage }) => coverage !== undefined);
  const required = reporting.filter(({ name }) => gate.required.includes(name));
  const from = required.length > 0 ? required : reporting;
  return from.toSorted((a, b) => b.at - a.at)[0]?.coverage;
}

/** Per test its newest result. Design 7: an index has one when each child has; its own wins unless a child's is newer. */
function newestResults(facts: DigestFacts, listeners: Listeners): ReadonlyMap<string, TestResult> {
  const own = newestByName(facts.own, listeners);
  const children = facts.children.map((child) => newestByName(child, listeners));
  const names = new Set([own, ...children].flatMap((results) => [...results.keys()]));
  const merged = [...names].map((name) => {
    const results = children.map((child) => child.get(name)).filter((result) => result !== undefined);
    const derived = results.length > 0 && results.length === children.length ? worst(results) : undefined;
    const mine = own.get(name);
    return !derived || (mine && mine.at >= derived.at) ? mine : derived;
  });
  return new Map(merged.filter((result) => result !== undefined).map((result) => [result.name, result]));
}

/** The newest outcome stands. Coverage may come in a report of its own, so the newest that has one gives it. */
function newestByName(facts: readonly Fact[], listeners: Listeners): ReadonlyMap<string, TestResult> {
  const results = new Map<string, TestResult>();
  for (const { name, at, outcome, coverage } of countingFacts(facts, 'tested', listeners)) {
    const newer = results.get(name);
    results.set(name, newer ? { ...newer, coverage: newer.coverage ?? coverage } : { name, at, outcome, coverage });
  }
  return results;
}

function worst(results: readonly TestResult[]): TestResult | undefined {
  const [first] = results;
  if (!first) return undefined;
  const coverages = results.map(({ coverage }) => coverage).filter((coverage) => coverage !== undefined);
  return {
    name: first.name,
    at: Math.max(...results.map(({ at }) => at)),
    outcome: results.some(({ outcome }) => outcome === 'failed') ? 'failed' : 'passed',
    coverage: coverages.length < results.length ? undefined : Math.min(...coverages),
  };
}
