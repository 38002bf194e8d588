import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { linkEntries } from '../../domain/proof.ts';
import { sha256 } from './key.ts';
import { proofBody, proofEnvelope } from './proof-body.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const stated = (evidence: Json) => ({ _type: 't', predicate: { attempt: 1, evidence }, subject: [{ name: 'ü' }] });
const linked = (entries: readonly JsonObject[]) => linkEntries(entries, sha256);
const signed = (statement: Json) => ({
  payload: base64(canonicalJson(statement)),
  payloadType: 't',
  signatures: [{ keyid: 'k', sig: 's' }],
});
const pieces: readonly JsonObject[] = [
  { seq: 1, kind: 'triggered' },
  { seq: 2, kind: 'bound', version: 'sha256:1' },
  { seq: 3 },
];

describe('a proof as it is stored', () => {
  it.each([
    ['as we make it', signed(stated(linked(pieces))), 'statement'],
    ['without evidence', signed(stated([])), 'statement'],
    ['of another statement', signed({ a: 1 }), 'statement'],
    ['with a chain that is broken', signed(stated(linked(pieces).slice(1))), 'payload'],
    ['with evidence that is no chain', signed(stated(pieces)), 'payload'],
    ['with evidence that is none', signed(stated(['x', { a: 1 }])), 'payload'],
    ['with fields in another order', { signatures: [], payload: base64('{"b":1,"a":2}') }, 'payload'],
    ['of a text', { payload: base64('not JSON') }, 'payload'],
    ['of nothing', { payload: '' }, 'payload'],
    ['in the alphabet of URLs', { payload: Buffer.from([0xff, 0xfe]).toString('base64url') }, 'envelope'],
    ['of bytes that are no text', { payload: Buffer.from([0xff, 0xfe]).toString('base64') }, 'envelope'],
    ['without its padding', { payload: base64('{}').replaceAll('=', '') }, 'envelope'],
    ['of another shape', { payload: 1 }, 'envelope'],
  ])('%s', (_, envelope, form) => {
    const text = JSON.stringify(envelope);
    const body = proofBody(text);
    expect(Object.keys(body).at(-1)).toBe(form);
    expect(proofEnvelope(JSON.parse(JSON.stringify(body)))).toBe(text);
  });

  it('has no hash of the chain in it', () => {
    const entries = linked(pieces);
    const stored = JSON.stringify(proofBody(JSON.stringify(signed(stated(entries)))));
    for (const { previous } of entries.slice(1)) expect(stored).not.toContain(previous);
  });

  it('comes out again, whatever it is', () => {
    const object = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.double()));
    const any = fc.oneof(
      fc.string(),
      fc.json(),
      fc.string({ unit: 'binary' }).map((payload) => JSON.stringify({ x: 1, payload: base64(payload), y: 2 })),
      fc.base64String().map((payload) => JSON.stringify({ payload }, null, 1)),
      fc.array(object).map((entries) => {
        const plain: readonly JsonObject[] = JSON.parse(JSON.stringify(entries));
        return JSON.stringify(signed(stated(linked(plain))));
      }),
    );
    fc.assert(fc.property(any, (text) => proofEnvelope(JSON.parse(JSON.stringify(proofBody(text)))) === text));
  });
});
