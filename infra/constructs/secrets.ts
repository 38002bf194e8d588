import { Stack } from 'aws-cdk-lib';
import type { WaybillFunction } from './waybill-function.ts';

/** Secrets are made at run time, under this prefix. */
export function secretPrefix(name: string): string {
  return `${name}/`;
}

const namedLater = 'Secrets are named after accounts and receivers that people make.';

export function grantReadSecrets(name: string, to: WaybillFunction): void {
  to.allow(['secretsmanager:GetSecretValue'], [secretArns(name, to)], namedLater);
}

export function grantWriteSecrets(name: string, to: WaybillFunction): void {
  const actions = ['CreateSecret', 'PutSecretValue', 'DeleteSecret'].map((action) => `secretsmanager:${action}`);
  to.allow(actions, [secretArns(name, to)], namedLater);
}

function secretArns(name: string, to: WaybillFunction): string {
  return Stack.of(to).formatArn({ service: 'secretsmanager', resource: `secret:${secretPrefix(name)}*` });
}
