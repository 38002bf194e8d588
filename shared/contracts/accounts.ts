import { z } from 'zod';
import { accountTypes } from '../domain/account.ts';
import { groupName, timestamp } from './common.ts';
import { kubernetesFaults, kubernetesFields } from './kubernetes-account.ts';

const host = z
  .string()
  .max(260)
  .regex(
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/,
    'A host is a name or address, with :port where it is not the usual one; no scheme and no path.',
  )
  .transform((text) => text.toLowerCase())
  .refine((text) => text !== 'registry.local', 'registry.local is the embedded registry: it needs no account.');

/** HTTP header values: no line breaks, bounded. */
const credential = z
  .string()
  .min(1)
  .max(8192)
  .regex(/^[^\r\n\0]*$/, 'A credential has no line breaks.');

const signingSecret = z
  .string()
  .max(512)
  .regex(
    /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/,
    'A signing secret is whsec_ and at least 24 random bytes in base64 (Standard Webhooks 1.0.0).',
  );

/** Body of `PUT /v1/accounts/{name}`. */
export const accountInput = z
  .strictObject({
    type: z.enum(accountTypes),
    host: host.optional(),
    authHost: host.optional().describe('Another host that may be sent the credentials, such as a token realm.'),
    internalHost: host.optional(),
    path: z
      .string()
      .max(1024)
      .regex(/^(?:\/[A-Za-z0-9._~!$&'()*+,;=:@-]+)+\/?$/, 'A path begins with / and holds no query.')
      .refine((text) => !/\/\.{1,2}(?:\/|$)/.test(text), 'A path has no . or .. in it.')
      .optional()
      .describe('Of a repository on the host: helm, maven, ivy, jenkins, oracle'),
    pattern: z
      .string()
      .max(1024)
      .regex(/^[^\s?#\\]+$/, 'A pattern is a path with [organisation], [module], [revision] and the like.')
      .optional()
      .describe('Type ivy: where an artifact is below the path'),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/, 'A region is like eu-west-1.')
      .optional()
      .describe('Type s3, default us-east-1; type aws; type kubernetes with eksCluster'),
    roleArn: z
      .string()
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'A role is arn:aws:iam::<account>:role/<name>.')
      .optional()
      .describe('Type aws: the role that steps take in that account'),
    externalId: z
      .string()
      .regex(/^[\w+=,.@:/-]{2,1224}$/, 'An external id has letters, digits and + = , . @ : / -.')
      .optional()
      .describe('Type aws: what the trust policy of the role asks for'),
    ...kubernetesFields,
    username: credential.optional(),
    password: credential.optional(),
    token: credential.optional(),
    secret: signingSecret.optional().describe('Type webhook: signs `webhook` steps.'),
    insecure: z.boolean().default(false).describe('Plain HTTP.'),
    readers: z
      .array(groupName)
      .min(1)
      .max(100)
      .optional()
      .describe('Groups whose pipelines may use it; all without it.'),
  })
  .superRefine((account, context) => {
    const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (account.type === 'registry' && account.host === undefined) fault('host', 'A registry account names its host.');
    if (account.pattern !== undefined && account.type !== 'ivy') fault('pattern', 'Only type ivy has one.');
    if (account.region !== undefined && !['s3', 'aws', 'kubernetes'].includes(account.type))
      fault('region', 'Only types s3, aws and kubernetes have one.');
    if ((account.roleArn !== undefined) !== (account.type === 'aws'))
      fault('roleArn', account.type === 'aws' ? 'An account of type aws names its role.' : 'Only type aws has one.');
    if (account.externalId !== undefined && account.type !== 'aws') fault('externalId', 'Only type aws has one.');
    for (const { path, message } of kubernetesFaults(account)) fault(path, message);
    const needsHost = ['helm', 'maven', 'ivy', 'jenkins'].includes(account.type);
    if (needsHost && account.host === undefined) fault('host', `An account of type ${account.type} names its host.`);
    if (account.secret !== undefined && account.type !== 'webhook')
      fault('secret', 'Only type webhook signs with one.');
    if (account.password !== undefined && account.token !== undefined) fault('token', 'Give a password or a token.');
    if (account.password !== undefined && account.username === undefined) fault('username', 'A password needs one.');
  })
  .meta({ id: 'AccountInput' });

/** An account as shown: never a credential. */
export const account = z
  .object({
    name: z.string(),
    type: z.enum(accountTypes),
    host: z.string().optional(),
    authHost: z.string().optional(),
    internalHost: z.string().optional(),
    path: z.string().optional(),
    pattern: z.string().optional(),
    region: z.string().optional(),
    roleArn: z.string().optional(),
    externalId: z.string().optional(),
    certificateAuthority: z.string().optional(),
    eksCluster: z.string().optional(),
    awsAccount: z.string().optional(),
    inCluster: z.boolean().optional(),
    username: z.string().optional(),
    insecure: z.boolean(),
    readers: z.array(z.string()).optional(),
    updatedAt: timestamp,
  })
  .meta({ id: 'Account' });
