import { childrenOf, countOf, readXml, type XmlElement } from './read-xml.ts';
import { invalidReport, type ReadReport } from './report.ts';

interface Count {
  readonly tests: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * JUnit XML, as Ant's task, Surefire, pytest, jest-junit and go-junit-report write it: `testsuites` or one `testsuite`, suites
 * in suites. A test case with `failure` or `error` failed; a suite may count failures that no case of it shows (its own set-up).
 */
export function readJunit(text: string): ReadReport {
  const xml = readXml(text);
  if (xml.kind === 'invalid') return xml;
  if (xml.name !== 'testsuites' && xml.name !== 'testsuite') {
    return invalidReport('is no JUnit report: its root is neither testsuites nor testsuite');
  }
  const count = countSuite(xml.root);
  if (count.tests === count.skipped && count.failed === 0) return invalidReport('holds no test case that was run');
  const outcome = count.failed > 0 ? 'failed' : 'passed';
  return { kind: 'ok', report: { format: 'junit', outcome, ...count } };
}

function countSuite(suite: XmlElement): Count {
  const cases = childrenOf(suite, 'testcase');
  const own: Count = {
    tests: cases.length,
    failed: cases.filter(hasFailed).length,
    skipped: cases.filter((one) => childrenOf(one, 'skipped').length > 0).length,
  };
  const counts = [own, ...childrenOf(suite, 'testsuite').map(countSuite)];
  const sum = (key: keyof Count) => counts.reduce((total, count) => total + count[key], 0);
  const said = (countOf(suite, 'failures') ?? 0) + (countOf(suite, 'errors') ?? 0);
  return { tests: sum('tests'), failed: Math.max(sum('failed'), said), skipped: sum('skipped') };
}

function hasFailed(testcase: XmlElement): boolean {
  return childrenOf(testcase, 'failure').length > 0 || childrenOf(testcase, 'error').length > 0;
}
