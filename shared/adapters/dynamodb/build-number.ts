import { Failure } from '../../domain/failure.ts';
import { buildNumberItem } from './execution-items.ts';
import { keyAttributes } from './operations.ts';
import type { Table } from './table.ts';

/**
 * One write: counts up unless this execution was the last to ask, whose number then stands in the item already.
 * A crash between counting and keeping the number so costs no gap, unless another execution asked in between.
 */
export async function nextBuildNumber(table: Table, pipeline: string, executionId: string): Promise<number> {
  const key = buildNumberItem(pipeline);
  const outcome = await table.operations.update({
    Key: keyAttributes(key),
    UpdateExpression: 'SET lastNumber = if_not_exists(lastNumber, :zero) + :one, lastExecution = :execution',
    ConditionExpression: 'attribute_not_exists(lastExecution) OR lastExecution <> :execution',
    ExpressionAttributeValues: { ':zero': { N: '0' }, ':one': { N: '1' }, ':execution': { S: executionId } },
    ReturnValues: 'ALL_NEW',
  });
  const item = outcome.written ? outcome.attributes : (outcome.old ?? (await table.operations.get(key)));
  const number = Number(item?.lastNumber?.N);
  if (!Number.isSafeInteger(number)) throw new Failure('internal', `The build counter of ${pipeline} is not readable.`);
  return number;
}
