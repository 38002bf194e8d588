/**
 * Whatever a proven sender says, its parser gives an answer: any JSON, any bytes, and its own bodies with parts exchanged.
 * `WAYBILL_FUZZ_RUNS` is the number of inputs in all (1,000,000 in CI), `WAYBILL_FUZZ_SEED` repeats a run.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDigest } from '../../shared/domain/digest.ts';
import type { Json } from '../../shared/domain/json.ts';
import { isRepository, isTag } from '../../shared/domain/reference.ts';
import { proven } from '../../shared/receivers/proven.ts';
import type { Parsed, ReceiverType } from '../../shared/receivers/receiver-type.ts';
import { anyJson, mutated } from '../fixtures/mutated-json.ts';
import { receiverTypes } from '../fixtures/receiver-types.ts';
import { findRow, type ReceiverRow, readSample } from './receiver-row.ts';

const runs = Number(process.env.WAYBILL_FUZZ_RUNS ?? 20_000);
const seed = Number(process.env.WAYBILL_FUZZ_SEED ?? Date.now() % 1_000_000);
const types = Object.values(receiverTypes);
const perProperty = Math.ceil(runs / types.length / 2);

interface Body {
  readonly json: Json;
  readonly headers: Readonly<Record<string, string>>;
}

function parse(type: ReceiverType, row: ReceiverRow, raw: { body: Uint8Array; headers: Body['headers'] }): Parsed {
  const { settings = {}, registry } = row;
  const delivery = proven({ ...raw, query: {}, receivedAt: 0 }, { signed: true });
  return type.parse(delivery, { settings, registry, receiver: 'fuzz' });
}

/** Not only no crash: what a parser lets through is what everything behind it relies on. */
function check(parsed: Parsed): void {
  if (parsed.kind === 'malformed') {
    expect(parsed.message.length).toBeGreaterThan(0);
    expect(parsed.message.length).toBeLessThan(4000);
    return;
  }
  for (const event of parsed.events) {
    if (event.kind === 'build' || event.kind === 'webhook') continue;
    if (event.kind !== 'push' || event.artifact === undefined) expect(isRepository(event.repository)).toBe(true);
    if ('tag' in event && event.tag !== undefined) expect(isTag(event.tag)).toBe(true);
    if (event.digest !== undefined) expect(isDigest(event.digest)).toBe(true);
    if (event.at !== undefined) expect(Number.isSafeInteger(event.at) && event.at >= 0).toBe(true);
  }
}

describe.each(types.map((type) => [type.type, type] as const))('%s', (_, type) => {
  it('answers whatever it is told', async () => {
    const row = await findRow(type.type);
    if (row === undefined) throw new Error(`${type.type} has no row.`);
    const samples = [...row.samples, ...row.ignored.map((one) => (typeof one === 'string' ? { file: one } : one))];
    const bodies = samples.flatMap(({ file, headers = {} }): readonly Body[] => {
      const text = new TextDecoder().decode(readSample(type.type, file));
      return /^\s*[{[]/.test(text) ? [{ json: JSON.parse(text), headers }] : [];
    });
    const encoder = new TextEncoder();
    const anyBody = fc.record({ json: anyJson, headers: fc.constantFrom(...bodies.map(({ headers }) => headers)) });
    const told = fc.oneof({ weight: 1, arbitrary: anyBody }, { weight: 3, arbitrary: mutated(bodies) });
    fc.assert(
      fc.property(told, ({ json, headers }) =>
        check(parse(type, row, { body: encoder.encode(JSON.stringify(json)), headers })),
      ),
      { numRuns: perProperty, seed },
    );
    const bytes = fc.uint8Array({ maxLength: 64 });
    fc.assert(
      fc.property(bytes, (body) => check(parse(type, row, { body, headers: {} }))),
      { numRuns: perProperty, seed },
    );
  }, 120_000);
});
