import { resourceName } from '../../../shared/contracts/common.ts';
import { readWith } from '../../../shared/contracts/schema.ts';
import { invalidProblem } from '../../../shared/runtime/http-problem.ts';

/** The `{name}` of a route that creates what it names: 422 where no name can be like that. */
export function nameOf(params: Readonly<Record<string, string>>): string {
  const read = readWith(resourceName, params.name ?? '');
  if (read.kind === 'ok') return read.value;
  throw invalidProblem(
    read.errors.map((fault) => ({ ...fault, path: 'name' })),
    { what: 'The path' },
  );
}
