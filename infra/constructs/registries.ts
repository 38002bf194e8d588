import { Stack } from 'aws-cdk-lib';
import type { WaybillFunction } from './waybill-function.ts';

const namedLater = 'Pipelines name repositories, in any region of this account.';

/** To read manifests and blobs of every repository of this account (ECR's own calls behind the OCI API). */
export function grantPull(to: WaybillFunction): void {
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
  to.allow(
    ['ecr:GetAuthorizationToken'],
    ['*'],
    'ECR gives tokens for whole registries: the action knows no resource.',
  );
  to.allow(['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], [repositories(to)], namedLater);
}

/** To read what a scanner found where the event of a scan does not say it. */
export function grantReadScans(to: WaybillFunction): void {
  to.allow(['ecr:DescribeImageScanFindings'], [repositories(to)], namedLater);
}

/** To list tags with their digests, and to ask whether an image is there and not archived. */
export function grantList(to: WaybillFunction): void {
  to.allow(['ecr:DescribeImages'], [repositories(to)], namedLater);
}

/** What `docker push` asks ECR for behind the OCI API, to repositories that are there: none is made. */
export function grantPush(to: WaybillFunction): void {
  // https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
  to.allow(
    [
      'ecr:BatchCheckLayerAvailability',
      'ecr:InitiateLayerUpload',
      'ecr:UploadLayerPart',
      'ecr:CompleteLayerUpload',
      'ecr:PutImage',
    ],
    [repositories(to)],
    namedLater,
  );
}

function repositories(to: WaybillFunction): string {
  return Stack.of(to).formatArn({ service: 'ecr', region: '*', resource: 'repository', resourceName: '*' });
}
