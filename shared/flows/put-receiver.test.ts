import { describe, expect, it } from 'vitest';
import { useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { admin, createIntake } from '../../test/fixtures/intake.ts';
import { putReceiver, type ReceiverInput } from './put-receiver.ts';

const tables = useEmbeddedTables();
const secret = '0123456789abcdef';
const repositories = ['registry.example.com/**'];
const pubSub = { audience: 'https://waybill.example.com', serviceAccount: 'push@p.iam.gserviceaccount.com' };

async function put(...bodies: readonly ReceiverInput[]) {
  const { ports } = await createIntake(tables);
  const answers = [];
  for (const body of bodies) answers.push(await putReceiver(ports, { caller: admin, name: 'one', body }));
  return { ports, answers };
}

describe('settings', () => {
  it.each<[string, ReceiverInput, object]>([
    ['of a type without any', { type: 'harbor', repositories, secret }, {}],
    ['as they were given', { type: 'gar', repositories, ...pubSub }, pubSub],
    ['with what follows of itself', { type: 'artifactory', repositories, secret }, { signing: false, layout: 'path' }],
  ])('are kept %s', async (_, body, settings) => {
    const { ports, answers } = await put(body);
    expect(answers).toMatchObject([{ kind: 'created', receiver: { settings } }]);
    expect((await ports.receivers.find('one'))?.settings).toEqual(settings);
  });

  it.each<[string, ReceiverInput, readonly string[]]>([
    ['one that the type has not', { type: 'harbor', repositories, secret, audience: 'x' }, ['audience']],
    ['none of those it must have', { type: 'gar', repositories }, ['audience', 'serviceAccount']],
    [
      'wrong ones beside other faults, all at once',
      { type: 'artifactory', repositories: [], secret: 'short', signing: 'yes', layout: 'x', y: 1 },
      ['signing', 'layout', 'y', 'repositories', 'secret'],
    ],
    ['a prototype', { type: 'harbor', repositories, secret, ...JSON.parse('{"__proto__":{"a":1}}') }, ['__proto__']],
  ])('are refused: %s', async (_, body, paths) => {
    const { answers } = await put(body);
    const [answer] = answers;
    const faults = answer?.kind === 'invalid' ? answer.errors.map(({ path }) => path) : [answer?.kind ?? ''];
    expect([...faults].sort()).toEqual([...paths].sort());
  });

  it('that are wrong are not repeated', async () => {
    const { answers } = await put({ type: 'gar', repositories, ...pubSub, audience: [secret] });
    expect(JSON.stringify(answers)).not.toContain(secret);
  });
});

describe('secrets', () => {
  it.each<[string, ReceiverInput, readonly string[]]>([
    ['none for whom nothing else proves', { type: 'quay', repositories }, ['secret']],
    ['none where that was allowed', { type: 'quay', repositories, allowUnsigned: true }, []],
    ['one although it may do without', { type: 'quay', repositories, allowUnsigned: true, secret }, []],
    ['one that cannot stand in a URL', { type: 'quay', repositories, secret: 'with blanks & more' }, ['secret']],
    ['not allowed to do without', { type: 'github', repositories, secret, allowUnsigned: true }, ['allowUnsigned']],
    ['none and not allowed to', { type: 'github', repositories, allowUnsigned: true }, ['secret', 'allowUnsigned']],
    ['one for whom keys prove', { type: 'gar', repositories, ...pubSub, secret }, ['secret']],
    ['none for whom keys prove', { type: 'gar', repositories, ...pubSub }, []],
  ])('%s', async (_, body, paths) => {
    const { answers } = await put(body);
    const [answer] = answers;
    expect(answer?.kind === 'invalid' ? answer.errors.map(({ path }) => path) : []).toEqual(paths);
    if (paths.length === 0) expect(answer?.kind).toBe('created');
  });

  it('stay with the sender whom they prove', async () => {
    const { ports, answers } = await put(
      { type: 'quay', repositories, secret },
      { type: 'quay', repositories: ['quay.io/**'] },
      { type: 'harbor', repositories },
      { type: 'gar', repositories, ...pubSub },
      { type: 'quay', repositories },
    );
    expect(answers.map(({ kind }) => kind)).toEqual(['created', 'updated', 'invalid', 'updated', 'invalid']);
    expect(await ports.secrets.get('receiver/one')).not.toContain(secret);
  });
});

it('must be told the host of a sender that does not say it', async () => {
  const { answers } = await put({ type: 'nexus', repositories, secret });
  expect(answers).toMatchObject([{ kind: 'invalid', errors: [{ path: 'registry' }] }]);
});
