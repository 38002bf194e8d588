import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRegistryClient } from '../../shared/adapters/oci/registry-client.ts';
import { createRegistryListing } from '../../shared/adapters/oci/registry-listing.ts';
import { createOutbound } from '../../shared/adapters/outbound/outbound.ts';
import { accountSecretName, sealAccountSecret } from '../../shared/domain/account-secret.ts';
import { processDelivery } from '../../shared/flows/process-delivery.ts';
import { reconcile } from '../../shared/flows/reconcile/reconcile.ts';
import { registryAccounts } from '../../shared/flows/registry-accounts.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import {
  type DockerRegistry,
  dockerRegistryMissing,
  registryLogin,
  startDockerRegistry,
} from '../fixtures/docker-registry.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { createIntake, type Intake } from '../fixtures/intake.ts';
import { ociImage, pushImage } from '../fixtures/oci-image.ts';

const missing = dockerRegistryMissing();
if (missing !== undefined) console.log(`skipped: reconciling with docker-registry: ${missing}`);

const tables = useEmbeddedTables();
const minute = 60_000;
const hour = 60 * minute;
const { username, password } = registryLogin;
const headers = { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };

describe.skipIf(missing !== undefined)('a registry that tells nobody of its pushes', () => {
  let registry: DockerRegistry;
  let intake: Intake;
  let ports: Ports;
  beforeEach(async () => {
    registry = await startDockerRegistry({ basic: true });
    intake = await createIntake(tables);
    const { host } = registry;
    const account = { name: 'own', type: 'registry', host, username, insecure: true, updatedAt: 0, rev: 0 } as const;
    await intake.ports.accounts.save(account);
    await intake.ports.secrets.put(accountSecretName('own'), sealAccountSecret(account, { password }));
    const { clock } = intake.ports;
    const client = {
      outbound: createOutbound({ allow: [host] }),
      accounts: registryAccounts(intake.ports),
      clock,
    };
    ports = { ...intake.ports, registry: createRegistryClient(client), listing: createRegistryListing(client) };
    const source = { type: 'registry', repository: `${host}/team/shop`, on: ['push'], tags: { include: ['v*'] } };
    await intake.pipeline('shop', { image: source });
  });
  afterEach(() => registry.close());

  async function push(tag: string) {
    const image = ociImage({ 'index.html': tag });
    await pushImage(image, { baseUrl: registry.url, repository: 'team/shop', tag }, { headers });
    return image.digest;
  }

  /** Runs after so much time; what it found is processed. */
  async function after(ms: number) {
    intake.setTime(ports.clock.now() + ms);
    const { gaps } = await reconcile(ports, { everyMs: hour, forMs: minute });
    const { items } = await ports.deliveries.list({ receivers: ['reconciled'], limit: 50 });
    for (const { id } of items) await processDelivery(ports, id);
    return gaps;
  }

  it('is asked, and its new tags start their runs', async () => {
    await push('v1');
    expect(await after(0)).toBe(0);
    const digest = await push('v2');
    await push('other');
    expect([await after(hour), await after(5 * minute), await after(hour)]).toEqual([0, 1, 0]);
    const executions = await intake.executions('shop');
    expect(executions).toMatchObject([
      { trigger: { type: 'push', receiver: 'reconciled', tag: 'v2' }, bound: [{ artifact: { version: digest } }] },
    ]);
  });

  it('gives its tags page by page', async () => {
    for (const tag of ['v1', 'v2', 'v3']) await push(tag);
    const asker = { pipelines: ['shop'] };
    const found: string[] = [];
    for (let cursor: string | undefined = 'n=2'; cursor !== undefined; ) {
      const page = await ports.listing.tags(`${registry.host}/team/shop`, { cursor, asker });
      found.push(page.items.map(({ tag }) => tag).join());
      cursor = page.next;
    }
    expect(found.join().split(',').filter(Boolean)).toEqual(['v1', 'v2', 'v3']);
    expect(await ports.listing.hint(`${registry.host}/team/shop`, 'v2', asker)).toBe(
      ociImage({ 'index.html': 'v2' }).digest,
    );
  });

  it('that is away is asked later', async () => {
    await push('v0');
    await after(0);
    await push('v1');
    await registry.stop();
    expect(await after(hour)).toBe(0);
    await registry.start();
    expect([await after(minute), await after(5 * minute)]).toEqual([0, 1]);
  });
});
