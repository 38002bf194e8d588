import { describe, expect, it } from 'vitest';
import { useEmbeddedTables } from '../../../test/fixtures/embedded-table.ts';
import { createIntake } from '../../../test/fixtures/intake.ts';
import { imageArtifact } from '../../domain/artifact-identity.ts';
import type { TestEvent } from '../../domain/delivery.ts';

const tables = useEmbeddedTables();
const repository = 'registry.local/team/shop';
const green = '<testsuite><testcase name="a"/></testsuite>';
const lcov = 'SF:a\nDA:1,1\nDA:2,0\nend_of_record';

async function tested(said: Partial<TestEvent>) {
  const intake = await createIntake(tables);
  const digest = intake.registry.put(repository, { tag: '1.0' });
  const event: TestEvent = { kind: 'test', repository, digest, name: 'unit', outcome: 'passed', ...said };
  const id = await intake.happen('test', event);
  const facts = await intake.ports.artifacts.facts(imageArtifact({ repository, digest }, intake.ports.sha1).uuid);
  return { facts, delivery: await intake.ports.deliveries.find(id) };
}

describe('a test that its sender tells of', () => {
  it.each([
    ['without a report', { coverage: 7 }, { outcome: 'passed', coverage: 7 }],
    [
      'with JUnit',
      { given: { format: 'junit', content: green } },
      { report: { format: 'junit', tests: 1, failed: 0 } },
    ],
    ['with coverage', { given: { format: 'lcov', content: lcov }, coverage: 50 }, { coverage: 50 }],
    ['in base64', { given: { format: 'lcov', content: Buffer.from(lcov).toString('base64') } }, { coverage: 50 }],
  ] as const)('%s is a fact', async (_name, said, fact) => {
    const { facts, delivery } = await tested(said);
    expect(facts).toMatchObject([{ kind: 'tested', name: 'unit', ...fact }]);
    expect(facts[0]).not.toHaveProperty('given');
    expect(delivery).toMatchObject({ status: 'processed' });
  });

  it.each([
    ['reportContradicted', { outcome: 'failed', given: { format: 'junit', content: green } }],
    ['reportContradicted', { coverage: 90, given: { format: 'lcov', content: lcov } }],
    ['reportUnreadable', { given: { format: 'cobertura', content: green } }],
  ] as const)('is none and says %s', async (code, said) => {
    const { facts, delivery } = await tested(said);
    expect(facts).toEqual([]);
    expect(delivery).toMatchObject({ status: 'processed', events: [{ fault: { code } }] });
  });
});
