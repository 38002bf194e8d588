import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proofBody, proofEnvelope } from './proof-body.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a proof as it is stored', () => {
  it.each([
    ['as we make it', { payload: base64('{"a":"ü"}'), payloadType: 't', signatures: [{ keyid: 'k', sig: 's' }] }, true],
    ['in another order', { signatures: [], payload: base64('{}'), payloadType: 't' }, true],
    ['of nothing', { payload: '' }, true],
    ['in the alphabet of URLs', { payload: Buffer.from([0xff, 0xfe]).toString('base64url') }, false],
    ['of bytes that are no text', { payload: Buffer.from([0xff, 0xfe]).toString('base64') }, false],
    ['without its padding', { payload: base64('{}').replaceAll('=', '') }, false],
    ['of another shape', { payload: 1 }, false],
  ])('%s', (_, envelope, asText) => {
    const text = JSON.stringify(envelope);
    const body = proofBody(text);
    expect(body.payload !== undefined).toBe(asText);
    expect(proofEnvelope(JSON.parse(JSON.stringify(body)))).toBe(text);
  });

  it('comes out again, whatever it is', () => {
    const any = fc.oneof(
      fc.string(),
      fc.json(),
      fc.string({ unit: 'binary' }).map((payload) => JSON.stringify({ x: 1, payload: base64(payload), y: 2 })),
      fc.base64String().map((payload) => JSON.stringify({ payload }, null, 1)),
    );
    fc.assert(fc.property(any, (text) => proofEnvelope(JSON.parse(JSON.stringify(proofBody(text)))) === text));
  });
});
