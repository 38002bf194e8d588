import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { receiverTypes } from '../../test/fixtures/receiver-types.ts';
import type { JsonObject } from '../domain/json.ts';
import { proven } from './proven.ts';

const digest = `sha256:${'2'.repeat(64)}`;

interface Told {
  readonly headers?: Readonly<Record<string, string>>;
  readonly registry?: string;
  readonly settings?: JsonObject;
}

/** What a type makes of a proven body. */
function read(name: string, body: string | object, { headers = {}, registry, settings = {} }: Told = {}) {
  const bytes = new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
  const type = receiverTypes[name];
  const delivery = proven({ headers, query: {}, body: bytes, receivedAt: 0 }, { signed: true });
  return type?.parse(delivery, { registry, settings, receiver: 'r' });
}

describe('Docker Hub', () => {
  const hook = { push_data: { pushed_at: 1, tag: '1.0' }, repository: { repo_name: 'acme/shop' } };
  it('knows a call by repository, tag and time', () => {
    const key = (more: object) => {
      const parsed = read('dockerhub', { ...hook, push_data: { ...hook.push_data, ...more } });
      return parsed?.kind === 'events' ? parsed.key : undefined;
    };
    expect(key({})).toBe(key({ pusher: 'else' }));
    expect(new Set([key({}), key({ tag: '1.1' }), key({ pushed_at: 2 })]).size).toBe(3);
  });

  it.each([
    ['seconds', 1_417_566_161, 1_417_566_161_000],
    ['a fraction', 1_417_566_161.5, 1_417_566_161_500],
    ['none', null, undefined],
    ['before there was any', -1, undefined],
    ['after there is any', 1e20, undefined],
  ])('takes %s for the time', (_, pushedAt, at) => {
    const parsed = read('dockerhub', { ...hook, push_data: { pushed_at: pushedAt, tag: '1.0' } });
    expect(parsed).toMatchObject({ events: [{ at }] });
  });
});

describe('GitHub', () => {
  const version = { version: digest, container_metadata: { tag: { name: '1.0' } } };
  const pushed = (more: object, told: Told = {}) =>
    read(
      'github',
      { action: 'published', package: { package_version: { ...version, ...more } } },
      { headers: { 'x-github-event': 'package' }, ...told },
    );

  it.each([
    ['with a tag', 'ghcr.io/Acme/Shop:1.0', undefined, 'ghcr.io/acme/shop'],
    ['without a tag behind its colon', 'ghcr.io/acme/shop:', undefined, 'ghcr.io/acme/shop'],
    ['by digest', `ghcr.io/acme/shop@${digest}`, undefined, 'ghcr.io/acme/shop'],
    [
      'on a host with a port',
      'containers.example.com:8443/acme/shop:1.0',
      undefined,
      'containers.example.com:8443/acme/shop',
    ],
    ['under the host that is configured', 'ghcr.io/acme/shop:1.0', 'ghcr.example.com', 'ghcr.example.com/acme/shop'],
  ])('reads a URL %s', (_, url, registry, repository) => {
    expect(pushed({ package_url: url }, { registry })).toMatchObject({ events: [{ repository, digest, tag: '1.0' }] });
  });

  it.each(['', 'ghcr.io', 'ghcr.io/', 'evil.com?/acme/shop:1', '/acme/shop:1'])(
    'reads no repository out of %j',
    (url) => {
      expect(pushed({ package_url: url })).toMatchObject({ kind: 'malformed' });
    },
  );

  it('believes no digest that is none', () => {
    const parsed = pushed({ package_url: 'ghcr.io/acme/shop:1.0', version: '1.0.0' });
    expect(parsed).toMatchObject({ events: [{ digest: undefined, tag: '1.0' }] });
  });

  const samples = new URL('../../../shared/samples/github/', import.meta.url);
  it.skipIf(!existsSync(samples)).each([
    ['package', 'package.published.docker.json'],
    ['registry_package', 'registry_package.published.docker.json'],
  ])("reads GitHub's own example of %s", (event, file) => {
    const parsed = read('github', readFileSync(new URL(file, samples), 'utf8'), {
      headers: { 'x-github-event': event },
    });
    expect(parsed).toMatchObject({
      events: [
        {
          kind: 'push',
          repository: 'ghcr.io/codertocat/hello-world',
          digest: 'sha256:3da1996a8115d7616457760d9920b815241d0a03b34cf5f04e9a0e9d8de37498',
          tag: undefined,
          at: undefined,
        },
      ],
    });
  });
});

describe("Harbor's reports", () => {
  const scanned = (overview: unknown, type = 'SCANNING_COMPLETED') =>
    read('harbor', {
      type,
      event_data: {
        resources: [{ digest, resource_url: 'hub.example.com/team/shop@x', scan_overview: overview }],
        repository: { repo_full_name: 'team/shop' },
      },
    });
  const report = (summary: unknown, status = 'Success') => ({ scan_status: status, summary });
  const good = { status: 'complete', uncounted: undefined };
  const unread = { status: 'complete', uncounted: true, severities: {} };

  it.each([
    ['none', undefined, unread],
    ['nothing', {}, unread],
    ['null', { a: null }, unread],
    ['one without numbers', { a: report(null) }, unread],
    ['one of two without numbers', { a: report({ summary: { High: 1 } }), b: report({}) }, unread],
    ['one that found nothing', { a: report({ total: 0, summary: {} }) }, { ...good, severities: {} }],
    ['one', { a: report({ summary: { Critical: 1, Low: 2 } }) }, { ...good, severities: { critical: 1, low: 2 } }],
    [
      'the worst of two',
      { a: report({ summary: { Critical: 1, Low: 2 } }), b: report({ summary: { Critical: 0, High: 3, Low: 9 } }) },
      { ...good, severities: { critical: 1, high: 3, low: 9 } },
    ],
    ['one of two that failed', { a: report({ summary: { High: 1 } }), b: report(null, 'Error') }, { status: 'failed' }],
    ['one that is still running', { a: report({ summary: {} }, 'Running') }, { status: 'failed' }],
    ['numbers that are none', { a: report({ summary: { High: 1.5, Low: -1 } }) }, { ...good, severities: { low: 0 } }],
  ])('%s', (_, overview, event) => {
    const parsed = scanned(overview);
    const events = parsed?.kind === 'events' ? parsed.events.map((one) => ({ uncounted: undefined, ...one })) : [];
    expect(events).toMatchObject([{ kind: 'scan', digest, ...event }]);
  });

  it('of a failed scan do not count', () => {
    expect(scanned({ a: report({ summary: {} }) }, 'SCANNING_FAILED')).toMatchObject({
      events: [{ status: 'failed' }],
    });
  });
});

describe('Nexus', () => {
  const hook = (more: object) => ({ action: 'CREATED', repositoryName: 'docker-hosted', ...more });
  const asset = (name: string) => hook({ asset: { format: 'docker', name } });
  const registry = 'docker.example.com';

  it.each([
    ['v2/team/shop/manifests/1.0', { repository: `${registry}/team/shop`, tag: '1.0', digest: undefined }],
    [`/v2/team/shop/manifests/${digest}`, { repository: `${registry}/team/shop`, tag: undefined, digest }],
    ['v2/manifests/manifests/1.0', { repository: `${registry}/manifests`, tag: '1.0' }],
  ])('reads the asset %s', (name, event) => {
    expect(read('nexus', asset(name), { registry })).toMatchObject({ events: [event] });
  });

  it.each([`v2/-/blobs/${digest}`, 'v2/team/shop/tags/list', 'team/shop', 'v2/shop/manifests/'])(
    'passes over %s',
    (name) => {
      expect(read('nexus', asset(name), { registry })).toMatchObject({ events: [] });
    },
  );

  it('puts the name of the repository into the path where it stands there', () => {
    const parsed = read('nexus', asset('v2/shop/manifests/1'), { registry, settings: { layout: 'path' } });
    expect(parsed).toMatchObject({ events: [{ repository: `${registry}/docker-hosted/shop` }] });
  });

  it.each([
    ['2026-11-20T10:15:00.000+0000', Date.UTC(2026, 10, 20, 10, 15)],
    ['2026-11-20T10:15:00.000+0530', Date.UTC(2026, 10, 20, 4, 45)],
    ['2026-11-20T10:15:00', undefined],
  ])('reads the time %s', (timestamp, at) => {
    const parsed = read('nexus', { ...asset('v2/shop/manifests/1'), timestamp }, { registry });
    expect(parsed).toMatchObject({ events: [{ at }] });
  });
});

describe('Alibaba Cloud', () => {
  const trigger = (region: unknown) => ({
    push_data: { tag: '1' },
    repository: { repo_full_name: 'team/shop', region },
  });

  it.each([
    ['cn-hangzhou', undefined, 'registry.cn-hangzhou.aliyuncs.com/team/shop'],
    ['cn-hangzhou', 'acme-registry.cn-hangzhou.cr.aliyuncs.com', 'acme-registry.cn-hangzhou.cr.aliyuncs.com/team/shop'],
    ['mine', 'docker.example.com', 'docker.example.com/team/shop'],
  ])('records region %s and registry %s as %s', (region, registry, repository) => {
    expect(read('aliyun-acr', trigger(region), { registry })).toMatchObject({ events: [{ repository }] });
  });

  it.each(['evil.com/x', 'evil.com', 'cn-hangzhou.evil.com', '../x', 'mine', '', null])(
    'makes no host of region %j',
    (region) => {
      expect(read('aliyun-acr', trigger(region))).toMatchObject({ kind: 'malformed' });
    },
  );

  it.each([
    ['myinstance', 'cn-hangzhou', 'events'],
    ['evil.com/', 'cn-hangzhou', 'malformed'],
    ['myinstance', 'evil.com', 'malformed'],
    ['-', 'cn-hangzhou', 'malformed'],
  ])('makes of instance %s in %s %s', (InstanceName, RegionId, kind) => {
    const data = { InstanceName, RegionId, RepoNamespaceName: 'team', RepoName: 'shop', Tag: '1' };
    expect(read('aliyun-eventbridge', { source: 'acs.cr', type: 'cr:Artifact:PushCompleted', data })).toMatchObject({
      kind,
    });
  });
});
