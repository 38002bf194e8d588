/** Where a registry of ECR is: one per account and region. */
export interface EcrPlace {
  /** 12 digits. */
  readonly account: string;
  readonly region: string;
}

/** docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html; regions in China have a domain of their own. */
export function ecrHost({ account, region }: EcrPlace): string {
  return `${account}.dkr.ecr.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

/** Undefined for every other host. Only AWS gives out names under this domain, so credentials for ECR may go there. */
export function parseEcrHost(host: string): EcrPlace | undefined {
  const found = /^(\d{12})\.dkr\.ecr\.([a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2})\./.exec(host);
  const [, account, region] = found ?? [];
  if (account === undefined || region === undefined) return undefined;
  return ecrHost({ account, region }) === host ? { account, region } : undefined;
}
