import { createFetchers } from '../shared/adapters/fetchers/fetchers.ts';
import type { Ports } from '../shared/ports/ports.ts';
import { awsAccount } from './aws-deployers.ts';

type FetcherPorts = Pick<Ports, 'accounts' | 'clock' | 'outbound' | 'pipelines' | 'registry' | 'secrets'>;

/** Every fetcher; objects of S3 also as the role of an account of type aws, whose SDK client is loaded when it is asked for. */
export function awsFetchers(ports: FetcherPorts): Ports['fetchers'] {
  const { outbound, registry } = ports;
  let targets: ReturnType<typeof loadTargets> | undefined;
  return createFetchers({
    outbound,
    registry,
    async role(use) {
      targets ??= loadTargets(ports);
      const { credentials } = await (await targets)(use);
      return credentials;
    },
  });
}

async function loadTargets(ports: FetcherPorts) {
  const { createAwsTargets } = await import('../shared/adapters/aws-targets/aws-targets.ts');
  return createAwsTargets({ account: awsAccount(ports), clock: ports.clock });
}
