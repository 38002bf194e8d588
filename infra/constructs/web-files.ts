import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { WaybillFunction } from './waybill-function.ts';

/**
 * The dashboard's built files, which the API function serves: who deploys puts them there (docs/aws.md). A bucket of their own, so
 * that no function that may write bodies can change what a browser runs. They can be built again: they go with the stack.
 */
export class WebFiles extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        {
          noncurrentVersionExpiration: Duration.days(30),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'One function reads it, and its own requests are logged; account-wide data events belong to CloudTrail.',
    });
  }

  /** To list is to be told 404 instead of 403 for a key that is absent. */
  grantRead(to: WaybillFunction): void {
    to.allow(['s3:GetObject'], [this.bucket.arnForObjects('*')], 'Every file in it is for every browser.');
    to.allow(['s3:ListBucket'], [this.bucket.bucketArn]);
  }
}
