import { awsFoundation } from './aws-foundation.ts';
import { readAwsSettings } from './aws-settings.ts';

/** What receiving a delivery takes, without what running one takes: the intake has to be up before its sender gives up. */
export function awsIntakePorts(env: Readonly<Record<string, string | undefined>> = process.env) {
  return awsFoundation(readAwsSettings(env));
}
