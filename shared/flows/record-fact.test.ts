import { describe, expect, it } from 'vitest';
import { useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { admin, createIntake } from '../../test/fixtures/intake.ts';
import { imageArtifact } from '../domain/artifact-identity.ts';
import type { Caller } from '../domain/caller.ts';
import type { Json } from '../domain/json.ts';
import { processDelivery } from './process-delivery.ts';
import { putContent } from './put-content.ts';
import { recordArtifact } from './record-artifact.ts';
import { recordFact } from './record-fact.ts';

const tables = useEmbeddedTables();
const repository = 'registry.local/team/shop';
const team: Caller = { subject: 'tim', groups: ['team'] };
const junit = '<testsuite><testcase name="a"/></testsuite>';
const red = '<testsuite><testcase name="a"><failure/></testcase></testsuite>';
const lcov = 'SF:a.ts\nDA:1,1\nDA:2,0\nend_of_record\n';
const istanbul = JSON.stringify({ total: { lines: { total: 10, covered: 8, skipped: 0, pct: 80 } } });
const cobertura = '<coverage lines-valid="4" lines-covered="3"/>';
const base64 = (text: string) => Buffer.from(text).toString('base64');

async function pushed() {
  const intake = await createIntake(tables);
  await intake.pipeline('shop', { image: { type: 'registry', repository, on: ['push'] } }, { owners: ['team'] });
  const digest = intake.registry.put(repository, { tag: '1.0' });
  await intake.happen('push', { kind: 'push', repository, tag: '1.0', digest });
  const { uuid } = imageArtifact({ repository, digest }, intake.ports.sha1);
  const post = (report: Json, claim: Record<string, Json> = {}, caller = team) =>
    recordFact(intake.ports, {
      caller,
      uuid,
      body: { kind: 'tested', name: 'unit', outcome: 'passed', report, ...claim },
    });
  return { intake, uuid, post };
}

describe('a test posted with its report', () => {
  it.each([
    ['junit', junit, {}, { outcome: 'passed', report: { format: 'junit', tests: 1, failed: 0 } }],
    ['junit', base64(junit), {}, { outcome: 'passed', report: { format: 'junit', tests: 1, failed: 0 } }],
    ['junit', red, { outcome: 'failed' }, { outcome: 'failed', report: { format: 'junit', tests: 1, failed: 1 } }],
    ['junit', junit, { coverage: 81 }, { coverage: 81 }],
    ['lcov', lcov, {}, { coverage: 50, report: { format: 'lcov', lines: 2, covered: 1 } }],
    ['istanbul', istanbul, { coverage: 80 }, { coverage: 80 }],
    ['cobertura', cobertura, {}, { coverage: 75 }],
  ])('%s %#', async (format, content, claim, fact) => {
    const { post } = await pushed();
    expect(await post({ format, content }, claim)).toMatchObject({ kind: 'recorded', fact });
  });

  it('is one fact, also after its delivery', async () => {
    const { intake, uuid, post } = await pushed();
    await post({ format: 'lcov', content: lcov });
    for (const id of intake.sent) await processDelivery(intake.ports, id);
    const facts = (await intake.ports.artifacts.facts(uuid)).filter(({ kind }) => kind === 'tested');
    expect(facts).toMatchObject([{ name: 'unit', outcome: 'passed', coverage: 50, report: { format: 'lcov' } }]);
  });

  it.each(['uuid', 'artifact'])('rests on stored content, by its %s', async (by) => {
    const { intake, post } = await pushed();
    const file = {
      type: 'http/file',
      name: 'https://ci.example.com/lcov.info',
      reference: 'https://ci.example.com/lcov.info',
    };
    const recorded = await recordArtifact(intake.ports, { caller: admin, input: file });
    if (recorded.kind !== 'recorded') throw new Error(JSON.stringify(recorded));
    const { uuid } = recorded.artifact;
    await putContent(intake.ports, { caller: admin, uuid, bytes: Buffer.from(lcov) });
    const answer = await post({ format: 'lcov', artifact: by === 'uuid' ? uuid : file }, {}, admin);
    expect(answer).toMatchObject({ kind: 'recorded', fact: { coverage: 50 } });
    expect(await post({ format: 'lcov', artifact: uuid }, { coverage: 51 }, admin)).toMatchObject({
      errors: [{ path: 'coverage' }],
    });
    expect(await post({ format: 'junit', artifact: uuid }, {}, admin)).toMatchObject({
      errors: [{ path: 'report.artifact' }],
    });
  });

  it('rests on content that travels in the artifact', async () => {
    const { post } = await pushed();
    const artifact = { type: 'embedded/base64', name: 'lcov.info', reference: base64(lcov) };
    expect(await post({ format: 'lcov', artifact })).toMatchObject({ kind: 'recorded', fact: { coverage: 50 } });
  });

  it.each([
    ['an outcome that the report denies', { format: 'junit', content: red }, {}, 'outcome'],
    ['an outcome worse than the report', { format: 'junit', content: junit }, { outcome: 'failed' }, 'outcome'],
    ['a coverage that the report denies', { format: 'lcov', content: lcov }, { coverage: 90 }, 'coverage'],
    ['a report that is none', { format: 'junit', content: 'ok' }, {}, 'report.content'],
    ['the wrong format', { format: 'cobertura', content: junit }, {}, 'report.content'],
    ['an unknown format', { format: 'tap', content: junit }, {}, 'report.format'],
    ['nothing', { format: 'junit' }, {}, 'report'],
    ['two of them', { format: 'junit', content: junit, artifact: 'x' }, {}, 'report'],
    ['text of no kind', { format: 'junit', content: 7 }, {}, 'report.content'],
    ['more', { format: 'junit', content: junit, url: 'http://x' }, {}, 'report.url'],
    ['a text', junit, {}, 'report'],
    [
      'content that is not there',
      { format: 'junit', artifact: 'b5ad1a5f-0000-5000-8000-000000000000' },
      {},
      'report.artifact',
    ],
    ['an artifact that is none', { format: 'junit', artifact: { type: 'x' } }, {}, 'report.artifact'],
  ])('refuses %s and records nothing', async (_name, report, claim, path) => {
    const { intake, uuid, post } = await pushed();
    const answer = await post(report, claim);
    expect(answer).toMatchObject({ kind: 'invalid', errors: [{ path }] });
    expect((await intake.ports.artifacts.facts(uuid)).map(({ kind }) => kind)).toEqual(['pushed']);
  });
});

describe('a scan posted', () => {
  it('is one fact with its scanner, also after its delivery', async () => {
    const { intake, uuid } = await pushed();
    const body = { kind: 'scanned', severities: { High: 2 }, scanner: 'Grype' };
    expect(await recordFact(intake.ports, { caller: team, uuid, body })).toMatchObject({ kind: 'recorded' });
    for (const id of intake.sent) await processDelivery(intake.ports, id);
    const facts = (await intake.ports.artifacts.facts(uuid)).filter(({ kind }) => kind === 'scanned');
    expect(facts).toMatchObject([{ severities: { high: 2 }, scanner: 'Grype', receiver: 'api' }]);
  });
});
