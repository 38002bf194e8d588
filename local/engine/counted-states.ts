/**
 * The same definition, calling `entered` each time that the interpreter goes to a state which is not a Task (calls of Tasks are
 * counted at their door, retries with them, as AWS bills them). The interpreter's own event log cannot be counted: a Map that is
 * over drops what its iterations still had to report.
 */
export function countedStates(definition: unknown, entered: () => void): unknown {
  if (typeof definition !== 'object' || definition === null) return definition;
  const copy: Record<string, unknown> = { ...definition };
  if ('States' in definition) copy.States = counted(definition.States, entered);
  return copy;
}

function counted(states: unknown, entered: () => void): object {
  const copy = {};
  for (const [name, state] of Object.entries(states ?? {})) {
    const inner = withItems(state, entered);
    // The interpreter reads States by name once per transition.
    Object.defineProperty(copy, name, {
      enumerable: true,
      get: () => {
        if (inner.Type !== 'Task') entered();
        return inner;
      },
    });
  }
  return copy;
}

function withItems(state: object, entered: () => void): Record<string, unknown> {
  if (!('ItemProcessor' in state)) return { ...state };
  return { ...state, ItemProcessor: countedStates(state.ItemProcessor, entered) };
}
