import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { WaybillFunction } from './waybill-function.ts';

/** Bodies that are too large for an item. Keys are derived from content, so nothing is ever written twice. */
export class Blobs extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Only functions of this stack read and write it; account-wide data events belong to CloudTrail.',
    });
  }

  /** To list is to be told 404 instead of 403 for a key that is absent. */
  grantReadWrite(to: WaybillFunction): void {
    to.allow(['s3:GetObject', 's3:PutObject'], [this.bucket.arnForObjects('*')], 'Keys are digests of content.');
    to.allow(['s3:ListBucket'], [this.bucket.bucketArn]);
  }

  /** Bodies of items are for ever; only artifacts' content is ever removed. */
  grantRemoveContent(to: WaybillFunction): void {
    to.allow(['s3:DeleteObject'], [this.bucket.arnForObjects('content/*')], 'Keys are hashes of content.');
  }
}
