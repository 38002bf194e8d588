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

/** To list tags with their digests. */
export function grantList(to: WaybillFunction): void {
  to.allow(['ecr:DescribeImages'], [repositories(to)], namedLater);
}

/** To put a manifest that is already there under another tag; layers are never written. */
export function grantTag(to: WaybillFunction): void {
  to.allow(['ecr:PutImage'], [repositories(to)], namedLater);
}

function repositories(to: WaybillFunction): string {
  return Stack.of(to).formatArn({ service: 'ecr', region: '*', resource: 'repository', resourceName: '*' });
}
