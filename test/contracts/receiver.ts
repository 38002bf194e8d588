import { describe, expect, it } from 'vitest';
import type { DeliveredEvent, RawDelivery } from '../../shared/domain/delivery.ts';
import type { ProofContext, ReceiverType } from '../../shared/receivers/receiver-type.ts';

/** One real or realistic call of a sender. */
export interface ReceiverSample {
  readonly name: string;
  readonly body: string;
  readonly contentType?: string;
  /** What it means, without the fields that are undefined. */
  readonly events: readonly DeliveredEvent[];
}

export interface ReceiverContract {
  readonly type: ReceiverType;
  /** Two that the type takes. */
  readonly secrets: readonly [string, string];
  readonly registry?: string;
  /** The headers that prove `body` with `secret` at `now`. */
  prove(call: {
    readonly body: Uint8Array;
    readonly secret: string;
    readonly now: number;
  }): Readonly<Record<string, string>>;
  /** Whether the proof covers the bytes, or only who sends. */
  readonly signsBody: boolean;
  readonly samples: readonly ReceiverSample[];
  /** Bodies that are proven and wrong, with what the answer must name. */
  readonly malformed: readonly (readonly [body: string, names: RegExp])[];
}

export const receiverNow = Date.UTC(2026, 10, 20, 10, 15);

/** What every receiver must show, whoever the sender. */
export function receiverContract(contract: ReceiverContract): void {
  const { type, secrets, prove, samples } = contract;
  const [current, previous] = secrets;
  const bytes = new TextEncoder().encode(samples[0]?.body ?? '{}');
  const context = (given: readonly string[]): ProofContext => ({
    secrets: given,
    settings: {},
    allowUnsigned: false,
    now: receiverNow,
  });
  const raw = (body: Uint8Array, headers: Readonly<Record<string, string>>): RawDelivery => ({
    headers: { 'content-type': type.bodyTypes[0] ?? '', ...headers },
    query: {},
    body,
    receivedAt: receiverNow,
  });
  const proven = (body: Uint8Array, secret = current) => raw(body, prove({ body, secret, now: receiverNow }));
  const parsed = (body: string) => {
    const verified = type.verify(proven(new TextEncoder().encode(body)), context([current]));
    return verified && type.parse(verified, { registry: contract.registry, settings: {}, receiver: 'r' });
  };

  describe(`receiver contract: ${type.type}`, () => {
    it('names media types in lower case, without parameters', () => {
      expect(type.bodyTypes.length).toBeGreaterThan(0);
      for (const name of type.bodyTypes) expect(name).toMatch(/^[a-z0-9.+/-]+$/);
    });

    it.each([
      ['the current secret', [current], current],
      ['the current of two', [current, previous], current],
      ['the previous of two', [current, previous], previous],
    ])('takes %s', (_, given, secret) => {
      const verified = type.verify(proven(bytes, secret), context(given));
      expect(verified).toMatchObject({ receivedAt: receiverNow, signed: true });
      expect(verified?.body).toEqual(bytes);
    });

    it.each([
      ['another secret', () => proven(bytes, previous), [current]],
      ['no secret configured', () => proven(bytes), []],
      ['an empty secret configured', () => raw(bytes, {}), ['']],
      ['no proof', () => raw(bytes, {}), [current]],
      [
        'an empty proof',
        () => raw(bytes, emptied(prove({ body: bytes, secret: current, now: receiverNow }))),
        [current],
      ],
    ] as const)('refuses %s, and says no more than that', (_, make, given) => {
      expect(type.verify(make(), context(given))).toBeUndefined();
    });

    it.runIf(contract.signsBody)('refuses a body of which one bit is another', () => {
      const changed = Uint8Array.from(bytes);
      changed[0] = (changed[0] ?? 0) ^ 1;
      const headers = prove({ body: bytes, secret: current, now: receiverNow });
      expect(type.verify(raw(changed, headers), context([current]))).toBeUndefined();
    });

    it('refuses allowUnsigned instead of a proof', () => {
      expect(type.verify(raw(bytes, {}), { ...context([current]), allowUnsigned: true })).toBeUndefined();
    });

    it.each(samples.map((sample) => [sample.name, sample] as const))('reads %s', (_, { body, events }) => {
      const answer = parsed(body);
      expect(answer).toMatchObject({ kind: 'events' });
      expect(JSON.parse(JSON.stringify(answer?.kind === 'events' ? answer.events : undefined))).toEqual(events);
    });

    it('gives the same call the same key', () => {
      const body = samples[0]?.body ?? '';
      const [one, two] = [parsed(body), parsed(body)];
      expect(one).toMatchObject({ key: expect.any(String) });
      expect(one).toEqual(two);
    });

    it.each([['', /JSON/], ['{', /JSON/], ['[]', /body/], ['null', /body/], ...contract.malformed] as const)(
      'names what is wrong with %j',
      (body, names) => {
        expect(parsed(body)).toMatchObject({ kind: 'malformed', message: expect.stringMatching(names) });
      },
    );

    it('refuses bytes that are not UTF-8', () => {
      const verified = type.verify(proven(Uint8Array.of(0x22, 0xff, 0x22)), context([current]));
      expect(verified && type.parse(verified, { settings: {}, receiver: 'r' })).toMatchObject({
        kind: 'malformed',
        message: /UTF-8/,
      });
    });

    it.each(['', 'x', ' '.repeat(40), 'ü'.repeat(40), 'a\nb'.repeat(20)])('does not take %j as a secret', (secret) => {
      const fault = type.secretFault(secret, {});
      expect(fault).toEqual(expect.any(String));
      if (secret.trim().length > 1) expect(fault).not.toContain(secret);
    });

    it('takes its own secrets', () => {
      expect(secrets.map((secret) => type.secretFault(secret, {}))).toEqual([undefined, undefined]);
    });
  });
}

function emptied(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, '']));
}
