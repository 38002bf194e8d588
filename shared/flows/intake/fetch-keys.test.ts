import { describe, expect, it } from 'vitest';
import { Failure } from '../../domain/failure.ts';
import type { OutboundAnswer } from '../../ports/outbound.ts';
import { fetchKeys } from './fetch-keys.ts';

const minute = 60_000;
const url = 'https://keys.example.com/certs';
const needed = { kind: 'jwks', url } as const;

type Answer = Partial<OutboundAnswer> | Error;

/** A key server that answers one thing after another, the last one for ever. */
function keyServer(...answers: readonly Answer[]) {
  let now = 1_000_000;
  const asked: string[] = [];
  const ports = {
    clock: { now: () => now },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    outbound: {
      stream: () => Promise.reject(new Error('not used')),
      async request({ url: one }: { readonly url: string }) {
        const answer = answers[Math.min(asked.length, answers.length - 1)];
        asked.push(one);
        await Promise.resolve();
        if (answer instanceof Error) throw answer;
        return { status: 200, headers: {}, body: Uint8Array.of(asked.length), url: one, ...answer };
      },
    },
  };
  return {
    ports,
    asked,
    pass(ms: number) {
      now += ms;
    },
  };
}

const down = new Failure('outboundUnavailable', 'It does not answer.');
const aged = (header: string) => ({ headers: { 'cache-control': header } });

describe('how long keys are kept', () => {
  it.each([
    ['nothing said', {}, 5 * minute],
    ['an hour', aged('public, max-age=3600, must-revalidate'), 60 * minute],
    ['a second', aged('max-age=1'), 5 * minute],
    ['a year', aged('max-age=31536000'), 24 * 60 * minute],
    ['nonsense', aged('max-age=soon'), 5 * minute],
    ['an age of shared caches only', aged('s-maxage=36000'), 5 * minute],
  ])('%s', async (_, answer, ms) => {
    const server = keyServer(answer);
    await fetchKeys(server.ports, needed);
    server.pass(ms - 1);
    expect(await fetchKeys(server.ports, needed)).toEqual(Uint8Array.of(1));
    expect(server.asked).toHaveLength(1);
    server.pass(1);
    expect(await fetchKeys(server.ports, needed)).toEqual(Uint8Array.of(2));
  });
});

it('asks once for all who want the same at once', async () => {
  const { ports, asked } = keyServer({});
  await Promise.all(Array.from({ length: 20 }, () => fetchKeys(ports, needed)));
  expect(asked).toEqual([url]);
});

it.each([
  ['does not answer', down],
  ['answers 503', { status: 503 }],
  ['answers 429', { status: 429 }],
  ['answers 404 all of a sudden', { status: 404 }],
])('goes on with what it had while the server %s', async (_, trouble) => {
  const server = keyServer({}, trouble);
  await fetchKeys(server.ports, needed);
  server.pass(6 * minute);
  expect(await fetchKeys(server.ports, needed)).toEqual(Uint8Array.of(1));
  expect(server.asked).toHaveLength(2);
});

describe('without keys ever had', () => {
  it.each([
    ['no answer', down],
    ['a 500', { status: 500 }],
  ])('throws on %s, does not ask again at once, and recovers', async (_, trouble) => {
    const server = keyServer(trouble, {});
    for (let call = 0; call < 3; call += 1) {
      await expect(fetchKeys(server.ports, needed)).rejects.toMatchObject({ code: 'outboundUnavailable' });
    }
    expect(server.asked).toHaveLength(1);
    server.pass(30_000);
    expect(await fetchKeys(server.ports, needed)).toEqual(Uint8Array.of(2));
  });

  it.each([
    ['a 404', { status: 404 }],
    ['a redirect', { status: 302 }],
    ['an address that is refused', new Failure('addressRefused', 'It is private.')],
    ['too long an answer', new Failure('tooLarge', 'It is long.')],
  ])('there are none after %s', async (_, answer) => {
    const server = keyServer(answer);
    expect(await fetchKeys(server.ports, needed)).toBeUndefined();
  });
});

it('keeps so many URLs and no more', async () => {
  const { ports, asked } = keyServer({});
  for (let n = 0; n < 40; n += 1) await fetchKeys(ports, { kind: 'certificate', url: `${url}/${n}` });
  await fetchKeys(ports, { kind: 'certificate', url: `${url}/39` });
  expect(asked).toHaveLength(40);
  await fetchKeys(ports, { kind: 'certificate', url: `${url}/0` });
  expect(asked).toHaveLength(41);
});
