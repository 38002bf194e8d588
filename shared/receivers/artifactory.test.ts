import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { artifactory } from './artifactory.ts';
import { proven } from './proven.ts';

const secret = '0123456789abcdef';
const digest = `sha256:${'2'.repeat(64)}`;
const hook = {
  domain: 'docker',
  event_type: 'pushed',
  jpd_origin: 'https://myorg.jfrog.io',
  data: { repo_key: 'docker-local', image_name: 'team/shop', tag: '1.0', sha256: '2'.repeat(64) },
};
const body = new TextEncoder().encode(JSON.stringify(hook));
const signature = createHmac('sha256', secret).update(body).digest('hex');
const call = (value: string) => ({ headers: { 'x-jfrog-event-auth': value }, query: {}, body, receivedAt: 0 });

describe('the header is the secret or an HMAC, and never either', () => {
  it.each([
    ['the secret', secret, { signing: false }, true],
    ['the secret', secret, { signing: true }, false],
    ['the HMAC', signature, { signing: true }, true],
    ['the HMAC', signature, { signing: false }, false],
    ['the HMAC with a prefix', `sha256=${signature}`, { signing: true }, false],
    ['the HMAC in capitals', signature.toUpperCase(), { signing: true }, false],
    ['nothing', '', { signing: false }, false],
  ])('%s with %j: %j', (_, value, settings, taken) => {
    const verified = artifactory.verify(call(value), { secrets: [secret], settings, allowUnsigned: true, now: 0 });
    expect(verified !== undefined).toBe(taken);
  });
});

describe('where the image is', () => {
  it.each([
    ['by path', {}, undefined, 'myorg.jfrog.io/docker-local/team/shop'],
    ['by path at another host', { layout: 'path' }, 'docker.example.com', 'docker.example.com/docker-local/team/shop'],
    ['by subdomain', { layout: 'subdomain' }, undefined, 'docker-local.myorg.jfrog.io/team/shop'],
    ['by port', { layout: 'port' }, 'docker.example.com:5000', 'docker.example.com:5000/team/shop'],
  ])('%s', (_, settings, registry, repository) => {
    const parsed = artifactory.parse(proven(call(''), { signed: true }), { settings, registry, receiver: 'r' });
    expect(parsed).toMatchObject({ events: [{ kind: 'push', repository, tag: '1.0', digest }] });
  });
});

it('reads settings, and only those', () => {
  expect(artifactory.settings?.parse({})).toEqual({ signing: false, layout: 'path' });
  expect(artifactory.settings?.safeParse({ layout: 'host' }).success).toBe(false);
});
