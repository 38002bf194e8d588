import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLineWriter } from './line-writer.ts';

function recording() {
  const written: string[] = [];
  return { written, lines: createLineWriter((text) => written.push(text)) };
}

it('hands on the lines of one turn in one piece, in order, and the next ones after it', async () => {
  const { written, lines } = recording();
  lines.write('a\n');
  lines.write('b\n');
  expect(written).toEqual([]);
  await turn();
  expect(written).toEqual(['a\nb\n']);
  lines.write('c\n');
  await turn();
  expect(written).toEqual(['a\nb\n', 'c\n']);
});

it('hands on what waits when asked to, once', async () => {
  const { written, lines } = recording();
  lines.write('last words\n');
  lines.flush();
  lines.flush();
  await turn();
  expect(written).toEqual(['last words\n']);
});

it('loses nothing that is written while handing on', async () => {
  const written: string[] = [];
  const lines = createLineWriter((text) => {
    written.push(text);
    if (text === 'a\n') lines.write('b\n');
  });
  lines.write('a\n');
  await turn();
  await turn();
  expect(written).toEqual(['a\n', 'b\n']);
});
