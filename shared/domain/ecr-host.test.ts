import { expect, it } from 'vitest';
import { ecrHost, parseEcrHost } from './ecr-host.ts';

it.each([
  ['eu-west-1', '123456789012.dkr.ecr.eu-west-1.amazonaws.com'],
  ['us-gov-west-1', '123456789012.dkr.ecr.us-gov-west-1.amazonaws.com'],
  ['ap-southeast-10', '123456789012.dkr.ecr.ap-southeast-10.amazonaws.com'],
  ['cn-north-1', '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn'],
])('the registry in %s is %s, and back', (region, host) => {
  const place = { account: '123456789012', region };
  expect(ecrHost(place)).toBe(host);
  expect(parseEcrHost(host)).toEqual(place);
});

it.each([
  ...['ghcr.io', 'public.ecr.aws', 'registry.local', '', 'xn--123456789012.dkr.ecr.eu-west-1.amazonaws.com'],
  ...['12345678901.dkr.ecr.eu-west-1.amazonaws.com', '1234567890123.dkr.ecr.eu-west-1.amazonaws.com'],
  ...['123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example', '123456789012.dkr.ecr.evil.amazonaws.com'],
  ...['123456789012.dkr.ecr.eu-west-1.amazonaws.com:8443', '123456789012.dkr.ecr.eu-west-1.example.com'],
  ...['123456789012.dkr.ecr.cn-north-1.amazonaws.com', '123456789012.dkr.ecr.eu-west-1.amazonaws.com.cn'],
])('%j is no registry of ECR', (host) => {
  expect(parseEcrHost(host)).toBeUndefined();
});
