import { isJsonObject, type Json } from '../../domain/json.ts';
import type { AwsApi } from '../../ports/aws-api.ts';
import { wireValue } from './attributes.ts';
import type { Attributes, PutNew, WriteOutcome } from './operations.ts';

/** A request takes 25 statements, no two of one key, and 16 MB; our items end at 32 KB of body. */
const mostInGroup = 25;
/** Requests at a time: while the engine works on one, the next is made. */
const mostUnderWay = 2;

interface Waiting {
  /** Of its key. */
  readonly name: string;
  readonly item: Attributes;
  readonly answer: PromiseWithResolvers<WriteOutcome>;
}

/**
 * Puts of new items that come at the same time go to the engine together: each is a statement of its own, answered by itself,
 * and none waits for a time to pass. An INSERT is refused where the key is taken
 * (docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html). For one process that takes many
 * calls at once: most of what a small put costs is its request. `alone` makes a put of which the engine did not say how it went.
 */
export function createGroupedPuts(api: AwsApi, tableName: string, alone: PutNew): PutNew {
  let waiting: Waiting[] = [];
  let underWay = 0;
  let due = false;
  const busy = new Set<string>();

  function schedule(): void {
    if (due || waiting.length === 0 || underWay === mostUnderWay) return;
    due = true;
    // When all calls of this turn of the event loop have come.
    setImmediate(() => {
      due = false;
      const { group, rest } = nextGroup(waiting, busy);
      waiting = rest;
      if (group.length === 0) return;
      underWay += 1;
      void putGroup(group).finally(() => {
        underWay -= 1;
        schedule();
      });
      schedule();
    });
  }

  async function putGroup(group: readonly Waiting[]): Promise<void> {
    for (const { name } of group) busy.add(name);
    const said = group.length === 1 ? [] : await insertAll(api, tableName, group);
    await Promise.allSettled(
      group.map(({ item, answer }, at) => {
        answer.resolve(said[at] ?? alone(item));
        return answer.promise;
      }),
    );
    for (const { name } of group) busy.delete(name);
  }

  return (item) => {
    const answer = Promise.withResolvers<WriteOutcome>();
    waiting.push({ name: `${item.pk?.S}\n${item.sk?.S}`, item, answer });
    schedule();
    return answer.promise;
  };
}

/** The first that may go: of two puts of one key the second goes when the first has been answered. */
function nextGroup(
  waiting: readonly Waiting[],
  busy: ReadonlySet<string>,
): { readonly group: readonly Waiting[]; readonly rest: Waiting[] } {
  const taken = new Set(busy);
  const group: Waiting[] = [];
  const rest: Waiting[] = [];
  for (const one of waiting) {
    const goes = group.length < mostInGroup && !taken.has(one.name);
    taken.add(one.name);
    (goes ? group : rest).push(one);
  }
  return { group, rest };
}

async function insertAll(
  api: AwsApi,
  tableName: string,
  group: readonly Waiting[],
): Promise<readonly (WriteOutcome | undefined)[]> {
  try {
    const Statements = group.map(({ item }) => insertStatement(tableName, item));
    const { Responses } = await api.call('BatchExecuteStatement', { Statements });
    return Array.isArray(Responses) ? Responses.map(outcomeOf) : [];
  } catch {
    return [];
  }
}

/** Attribute names are ours, and no name of ours has a quote. */
function insertStatement(tableName: string, item: Attributes): object {
  const names = Object.keys(item);
  const fields = names.map((name) => `'${name}': ?`).join(', ');
  return { Statement: `INSERT INTO "${tableName}" VALUE {${fields}}`, Parameters: Object.values(item).map(wireValue) };
}

/** Undefined where the engine did not say how it went. */
function outcomeOf(response: Json): WriteOutcome | undefined {
  if (!isJsonObject(response)) return undefined;
  if (response.Error === undefined || response.Error === null) return { written: true };
  return isJsonObject(response.Error) && response.Error.Code === 'DuplicateItem' ? { written: false } : undefined;
}
