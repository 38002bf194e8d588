import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readReport } from './read-report.ts';
import { longestReport, reportFormats } from './report.ts';

const suite = (cases: string, attributes = '') => `<testsuite name="unit" ${attributes}>${cases}</testsuite>`;
const passed = '<testcase classname="a" name="b" time="0.1"/>';
const failed = '<testcase name="c"><failure message="no" type="E">at line 3 &lt;x&gt;</failure></testcase>';

describe('JUnit XML', () => {
  it.each([
    ['one suite', suite(passed), { outcome: 'passed', tests: 1, failed: 0, skipped: 0 }],
    [
      'with a declaration',
      `\uFEFF<?xml version="1.0"?>\n<!-- x -->\n${suite(passed)}`,
      { outcome: 'passed', tests: 1 },
    ],
    ['several suites', `<testsuites>${suite(passed)}${suite(passed + failed)}</testsuites>`, { tests: 3, failed: 1 }],
    ['suites in suites', suite(suite(passed) + suite(failed)), { outcome: 'failed', tests: 2, failed: 1 }],
    ['an error', suite('<testcase name="x"><error/></testcase>'), { outcome: 'failed', failed: 1 }],
    ['a flaky test that passed at last', suite('<testcase name="x"><flakyFailure/></testcase>'), { outcome: 'passed' }],
    ['one skipped', suite(`${passed}<testcase name="x"><skipped/></testcase>`), { outcome: 'passed', skipped: 1 }],
    ['a failure that no case shows', suite(passed, 'tests="1" failures="0" errors="1"'), { outcome: 'failed' }],
    [
      'output in CDATA',
      suite(`${passed}<system-out><![CDATA[<!DOCTYPE a [<!ENTITY b "c">]>]]></system-out>`),
      { tests: 1 },
    ],
  ])('%s', (_name, text, report) => {
    expect(readReport('junit', text)).toMatchObject({ kind: 'ok', report });
  });

  it.each([
    ['nothing', ''],
    ['text', 'all green'],
    ['another root', '<html/>'],
    ['two roots', `${suite(passed)}${suite(passed)}`],
    ['no test', suite('')],
    ['only skipped tests', suite('<testcase name="x"><skipped/></testcase>')],
    ['cut off', suite(passed).slice(0, -5)],
    ['closed in the wrong order', '<testsuite><testcase></testsuite></testcase>'],
    [
      'an entity bomb',
      `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(99)}"><!ENTITY c "&b;&b;">]>${suite('<testcase name="&c;"/>')}`,
    ],
    ['a document type inside', suite(`<!DOCTYPE a [<!ENTITY b "c">]>${passed}`)],
    ['a prototype', suite('<__proto__/>')],
    ['too deep', `${'<testsuite>'.repeat(500)}${passed}${'</testsuite>'.repeat(500)}`],
  ])('refuses %s', (_name, text) => {
    expect(readReport('junit', text)).toMatchObject({ kind: 'invalid' });
  });
});

describe('coverage', () => {
  const istanbul = (lines: unknown) =>
    JSON.stringify({ total: { lines, statements: { total: 9, covered: 1 } }, 'a.ts': {} });
  const lcov = (...lines: readonly string[]) => lines.join('\n');
  const cobertura = (attributes: string, inside = '') => `<coverage ${attributes}>${inside}</coverage>`;
  const classes = (...all: readonly string[]) =>
    `<packages><package><classes>${all.join('')}</classes></package></packages>`;
  const dtd = '<?xml version="1.0" ?><!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">';

  it.each([
    ['istanbul', istanbul({ total: 200, covered: 160, skipped: 0, pct: 80 }), 80],
    ['istanbul', istanbul({ total: 3, covered: 2, skipped: 0, pct: 66.66 }), 66.66],
    ['istanbul', istanbul({ total: 100_000, covered: 79_999, skipped: 0, pct: 80 }), 79.99],
    ['lcov', lcov('TN:', 'SF:a.ts', 'DA:1,1', 'DA:2,0', 'LF:2', 'LH:1', 'end_of_record'), 50],
    [
      'lcov',
      lcov(
        'SF:a.ts',
        'FN:1,DA:x',
        'BRDA:1,0,0,-',
        'LF:4',
        'LH:3',
        'end_of_record',
        'SF:b',
        'LF:4',
        'LH:1',
        'end_of_record',
        '',
      ),
      50,
    ],
    [
      'lcov',
      lcov(
        'TN:x\r',
        'SF:a.ts\r',
        'DA:1,0\r',
        'DA:2,0\r',
        'end_of_record\r',
        'TN:y\r',
        'SF:a.ts\r',
        'DA:1,7\r',
        'DA:2,0\r',
        'end_of_record\r',
      ),
      50,
    ],
    ['lcov', lcov('SF:src/DA: odd,name.ts', 'DA:1,1', 'XX:SF:other', 'end_of_record'), 100],
    ['cobertura', cobertura('line-rate="0.9" lines-covered="799" lines-valid="1000"'), 79.9],
    ['cobertura', dtd + cobertura('lines-covered="4" lines-valid="5"'), 80],
    [
      'cobertura',
      cobertura(
        'line-rate="0.5"',
        classes(
          '<class filename="a.py"><methods><method><lines><line number="1" hits="9"/></lines></method></methods><lines><line number="1" hits="1"/><line number="2" hits="0"/></lines></class>',
          '<class filename="a.py"><lines><line number="2" hits="3"/></lines></class>',
          '<class filename="b.py"><lines><line number="1" hits="0"/><line number="2" hits="0"/></lines></class>',
        ),
      ),
      50,
    ],
  ] as const)('%s %#: %3$d %', (format, text, coverage) => {
    expect(readReport(format, text)).toMatchObject({ kind: 'ok', report: { format, coverage } });
  });

  it.each([
    ['istanbul', '{'],
    ['istanbul', '{"total":{}}'],
    ['istanbul', istanbul({ total: 0, covered: 0, skipped: 0, pct: 100 })],
    ['istanbul', istanbul({ total: 1, covered: 2 })],
    ['istanbul', istanbul({ total: '100', covered: 80 })],
    ['istanbul', istanbul({ total: 1e300, covered: 1 })],
    ['lcov', 'hello'],
    ['lcov', lcov('SF:a.ts', 'end_of_record')],
    ['lcov', lcov('SF:a.ts', 'LF:1', 'LH:9', 'end_of_record')],
    ['cobertura', cobertura('line-rate="1"')],
    ['cobertura', cobertura('lines-covered="6" lines-valid="5"')],
    ['cobertura', suite(passed)],
    ['junit', cobertura('lines-covered="4" lines-valid="5"')],
  ] as const)('%s %#: refuses %s', (format, text) => {
    expect(readReport(format, text)).toMatchObject({ kind: 'invalid', message: expect.stringMatching(/^\w/) });
  });
});

describe('hostile reports', () => {
  it('answers whatever comes', async () => {
    const word = fc.constantFrom(
      '<',
      '>',
      '/',
      '<a',
      '<!--',
      '<![CDATA[',
      '<!DOCTYPE',
      '[',
      ']]>',
      '="',
      'SF:',
      'DA:1,',
      '\n',
      '{"total":',
      '}',
      '\0',
      '&x;',
      '<?',
      'é',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 60 }).map((words) => words.join('')),
    );
    await fc.assert(
      fc.property(fc.constantFrom(...reportFormats), texts, (format, text) => {
        expect(['ok', 'invalid']).toContain(readReport(format, text).kind);
      }),
    );
  });

  const times = (part: string) => part.repeat(Math.floor(longestReport / part.length));
  it.each([
    ['junit', `<a>${times('<b>').slice(3)}`],
    ['junit', `<r ${times('a="1" ').slice(9)}/>`],
    ['junit', times('<!DOCTYPE')],
    ['junit', times('<!-- ')],
    ['junit', times('<?x ?>')],
    ['cobertura', `<r>${times('<![CDATA[').slice(9)}`],
    ['cobertura', `<r a${times(' ').slice(20)}="1"/>`],
    ['cobertura', `<r>${times('<a x="1" y="2" z="3"/>').slice(60)}</r>`],
    ['junit', `<r>${Array.from({ length: 149_000 }, (_, index) => `<a${index}/>`).join('')}</r>`],
    ['junit', `<r ${Array.from({ length: 300_000 }, (_, index) => `a${index}="1"`).join(' ')}/>`],
    ['lcov', times('DA:1,1')],
    ['lcov', `${times(',').slice(9)}\nSF:x`],
    ['istanbul', times('[')],
  ] as const)('%s %#: gives up soon', (format, text) => {
    const began = performance.now();
    expect(readReport(format, text).kind).toBe('invalid');
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('reads nothing beyond the bound', () => {
    expect(readReport('junit', ' '.repeat(longestReport + 1))).toMatchObject({
      message: expect.stringContaining('at most'),
    });
  });
});
