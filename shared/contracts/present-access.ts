import type { Account } from '../domain/account.ts';
import type { ApiToken } from '../domain/token.ts';
import { presentOptionalTime, presentTime } from './present-time.ts';

/** Field by field, so that what an account gains later is not shown by accident. */
export function presentAccount(account: Account) {
  return {
    name: account.name,
    type: account.type,
    host: account.host,
    authHost: account.authHost,
    internalHost: account.internalHost,
    path: account.path,
    pattern: account.pattern,
    region: account.region,
    roleArn: account.roleArn,
    externalId: account.externalId,
    certificateAuthority: account.certificateAuthority,
    eksCluster: account.eksCluster,
    awsAccount: account.awsAccount,
    inCluster: account.inCluster,
    username: account.username,
    insecure: account.insecure,
    readers: account.readers,
    updatedAt: presentTime(account.updatedAt),
  };
}

export function presentToken(token: ApiToken) {
  return {
    id: token.id,
    subject: token.subject,
    groups: token.groups,
    createdAt: presentTime(token.createdAt),
    createdBy: token.createdBy,
    expiresAt: presentOptionalTime(token.expiresAt),
  };
}
