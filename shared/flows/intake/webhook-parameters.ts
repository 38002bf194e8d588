import type { DeliveredEvent } from '../../domain/delivery.ts';
import type { PipelineDefinition } from '../../domain/pipeline.ts';

/** As long as one given by hand may be. */
const maxLength = 4096;

/** The pipeline's parameters with those that a webhook gives over them; `ignored` says what was not taken, '' = nothing. */
export function parametersOf(
  { parameters }: Pick<PipelineDefinition, 'parameters'>,
  event: DeliveredEvent,
): { readonly parameters: Readonly<Record<string, string>>; readonly ignored: string } {
  if (event.kind !== 'webhook') return { parameters, ignored: '' };
  const isTaken = ([name, value]: readonly [string, string]) =>
    Object.hasOwn(parameters, name) && value.length <= maxLength;
  const given = Object.entries(event.parameters);
  const unread = event.unread ?? [];
  const left = given.filter((entry) => !isTaken(entry)).map(([name]) => name.slice(0, 64));
  const ignored = left.length === 0 ? [] : [`Ignored, as the pipeline has no such parameter: ${listed(left)}.`];
  return {
    parameters: { ...parameters, ...Object.fromEntries(given.filter(isTaken)) },
    ignored: [...ignored, ...unread].map((sentence) => ` ${sentence}`).join(''),
  };
}

function listed(names: readonly string[]): string {
  return names.length > 10 ? `${names.slice(0, 10).join(', ')} and ${names.length - 10} more` : names.join(', ');
}
