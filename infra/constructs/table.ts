import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, type ITableV2, ProjectionType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { tableIndexes, tableKeys } from '../../shared/contracts/table-keys.ts';
import type { WaybillFunction } from './waybill-function.ts';

const text = (name: string) => ({ name, type: AttributeType.STRING });

/** The one table, as the adapter expects it. It outlives the stack: proofs are kept for ever. */
export class WaybillTable extends Construct {
  readonly table: ITableV2;

  /** `restored` is the name of a table that was restored from a backup of this one; the stack then keeps its hands off both. */
  constructor(scope: Construct, id: string, restored?: string) {
    super(scope, id);
    this.table = restored === undefined ? this.#make() : TableV2.fromTableName(this, 'Restored', restored);
  }

  #make(): TableV2 {
    return new TableV2(this, 'Table', {
      partitionKey: text(tableKeys.partition),
      sortKey: text(tableKeys.sort),
      timeToLiveAttribute: tableKeys.expiry,
      billing: Billing.onDemand(),
      globalSecondaryIndexes: tableIndexes.map(({ name, partition, sort }) => ({
        indexName: name,
        partitionKey: text(partition),
        sortKey: text(sort),
        projectionType: ProjectionType.KEYS_ONLY,
      })),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** What the adapter calls; no scan, and no index by wildcard. */
  grantReadWrite(to: WaybillFunction): void {
    const { tableArn } = this.table;
    to.allow(
      ['GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'].map((action) => `dynamodb:${action}`),
      [tableArn],
    );
    to.allow(
      ['dynamodb:Query'],
      tableIndexes.map(({ name }) => `${tableArn}/index/${name}`),
    );
  }
}
