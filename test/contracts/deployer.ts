import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../shared/domain/digest.ts';
import { Failure } from '../../shared/domain/failure.ts';
import type { JsonObject } from '../../shared/domain/json.ts';
import type { Deployer, StepAnswer, StepRequest } from '../../shared/ports/deployer.ts';

export interface DeployerUnderTest {
  /** Another one over the same target, as after a restart. */
  create(): Deployer;
  /** One that succeeds; its `with` is sound. */
  readonly request: StepRequest;
  /** What `observed` must be; absent = this kind cannot observe. */
  readonly observed?: Digest;
  /** Identities under which the target was given something, each once: what a second run must not add to. */
  effects(): Promise<readonly string[]>;
  /** Inputs that are refused before anything goes out. */
  readonly unsound: readonly JsonObject[];
  close(): Promise<void>;
}

/** What any step kind must show that ends by itself. */
export function deployerContract(kind: string, start: () => Promise<DeployerUnderTest>): void {
  describe(`deployer contract: ${kind}`, () => {
    let target: DeployerUnderTest;

    beforeEach(async () => {
      target = await start();
    });
    afterEach(() => target.close());

    function expectDone(answer: StepAnswer): void {
      expect(answer).toMatchObject({ kind: 'done' });
      if (answer.kind === 'done') expect(answer.observed).toBe(target.observed);
    }

    it('is of its kind', () => {
      expect(target.create().kind).toBe(kind);
    });

    it('does it and says what it did, in plain data', async () => {
      const answer = await target.create().run(target.request);
      expectDone(answer);
      expect(await target.effects()).toHaveLength(1);
      expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);
    });

    it('run again, also by another process, gives the same answer and adds no effect of another identity', async () => {
      const deployer = target.create();
      const first = await deployer.run(target.request);
      const before = await target.effects();
      expect(await deployer.run(target.request)).toEqual(first);
      expect(await target.create().run(target.request)).toEqual(first);
      expect(await target.effects()).toEqual(before);
    });

    it('run twice at once gives the same answer twice and one effect', async () => {
      const deployer = target.create();
      const [first, second] = await Promise.all([deployer.run(target.request), deployer.run(target.request)]);
      expectDone(first);
      expect(second).toEqual(first);
      expect(await target.effects()).toHaveLength(1);
    });

    it('does not change what it was given', async () => {
      const before = structuredClone(target.request);
      await target.create().run(target.request);
      expect(target.request).toEqual(before);
    });

    it('refuses unsound input as a fault that trying again does not help, and does nothing', async () => {
      expect(target.unsound.length).toBeGreaterThan(0);
      for (const given of target.unsound) {
        const refused = await target
          .create()
          .run({ ...target.request, with: given })
          .then(
            (answer) => answer,
            (error: unknown) => error,
          );
        expect(refused, JSON.stringify(given)).toBeInstanceOf(Failure);
        expect(refused, JSON.stringify(given)).toMatchObject({ retryable: false });
      }
      expect(await target.effects()).toEqual([]);
    });
  });
}
