import type { Head } from '../domain/environment.ts';
import { presentTime } from './present-time.ts';

export function presentHead({ pipeline, stage, job, step, repository, digest, since, executionId }: Head) {
  return { pipeline, stage, job, step, repository, digest, since: presentTime(since), executionId };
}

export function presentEnvironment(environment: { readonly name: string; readonly heads: readonly Head[] }) {
  return { name: environment.name, heads: environment.heads.map(presentHead) };
}
