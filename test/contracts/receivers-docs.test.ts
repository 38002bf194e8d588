import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { putReceiver } from '../../shared/flows/put-receiver.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { admin, createIntake } from '../fixtures/intake.ts';
import { receiverTypes } from '../fixtures/receiver-types.ts';

const tables = useEmbeddedTables();
const types = Object.keys(receiverTypes);
const page = (name: string) => readFileSync(new URL(`../../docs/senders/${name}.md`, import.meta.url), 'utf8');

it.each(types)('%s has a page, and a line in the index', (type) => {
  expect(page(type)).toMatch(/^# .+\n/);
  expect(page('README')).toMatch(new RegExp(`^\\| \`${type}\` \\| .*\\(${type}\\.md\\)`, 'm'));
});

it.each(types)('%s: every receiver that its page makes can be made', async (type) => {
  const bodies = receiversOn(page(type));
  expect(bodies.length).toBeGreaterThan(0);
  const { ports } = await createIntake(tables);
  for (const body of bodies) {
    const answer = await putReceiver(ports, { caller: admin, name: 'one', body: JSON.parse(body) });
    expect(answer, body).toMatchObject({ receiver: { type } });
  }
});

const whsec = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

/** The page's own commands, run by a shell in which curl only says what it would send. */
function receiversOn(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].map(([, block = '']) => block);
  const makers = blocks.filter((block) => /-X PUT "\$WAYBILL\/v1\/receivers\//.test(block));
  return makers.flatMap((block) => {
    const script = `curl() { while [ $# -gt 0 ]; do [ "$1" = -d ] && printf '%s\\036' "$2"; shift; done; }\n${block}`;
    const env = { PATH: process.env.PATH, SECRET: whsec, PASSWORD: 'p', TOKEN: 't', WAYBILL: 'http://127.0.0.1' };
    const said = execFileSync('sh', ['-c', script], { env, encoding: 'utf8' });
    return said
      .split('\u001e')
      .slice(0, -1)
      .map((body) => body.replace('whsec_…', whsec));
  });
}
