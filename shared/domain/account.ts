export const accountTypes = [
  'registry',
  'http',
  's3',
  'github',
  'gitlab',
  'bitbucket',
  'gcs',
  'helm',
  'maven',
  'ivy',
  'jenkins',
  'oracle',
  'webhook',
  'aws',
  'kubernetes',
] as const;
export type AccountType = (typeof accountTypes)[number];

/** Where credentials may go. The credentials themselves are in the SecretStore under `account/<name>`. */
export interface Account {
  readonly name: string;
  readonly type: AccountType;
  readonly host?: string;
  /** Another host that may be sent the credentials, e.g. a registry's token realm. */
  readonly authHost?: string;
  readonly internalHost?: string;
  readonly username?: string;
  /** Of a repository on the host, e.g. `/repository/maven-releases`. */
  readonly path?: string;
  /** Type ivy: where an artifact is below `path`, in Ivy's `[organisation]/[module]/…`. */
  readonly pattern?: string;
  /** Types s3 and aws. */
  readonly region?: string;
  /** Type aws: the role that steps take in that account, and the external id that its trust policy asks for. */
  readonly roleArn?: string;
  readonly externalId?: string;
  /** Type kubernetes: PEM of the authority that the API server's certificate is from. */
  readonly certificateAuthority?: string;
  /** Type kubernetes: name of an EKS cluster; its token is made of credentials of AWS. */
  readonly eksCluster?: string;
  /** Type kubernetes with eksCluster: an account of type aws, with the role to take. */
  readonly awsAccount?: string;
  /** Type kubernetes: the cluster that the service itself runs in, as its own service account. */
  readonly inCluster?: boolean;
  /** Plain HTTP. */
  readonly insecure: boolean;
  /** Groups whose pipelines may use it; absent = every pipeline. */
  readonly readers?: readonly string[];
  readonly updatedAt: number;
  readonly rev: number;
}

/** What the SecretStore holds for an account. */
export interface AccountSecret {
  readonly password?: string;
  readonly token?: string;
  /** `whsec_…`: signs `webhook` steps. */
  readonly secret?: string;
  /** Type kubernetes: text of a kubeconfig. */
  readonly kubeconfig?: string;
}
