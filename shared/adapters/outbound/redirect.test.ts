import { expect, it } from 'vitest';
import { decideRedirect } from './redirect.ts';

const post = {
  method: 'POST',
  url: 'https://a.test/hook',
  body: 'x',
  headers: { 'Content-Type': 'text/plain', Authorization: 'Bearer x', 'User-Agent': 'w' },
};

it.each([
  [301, 'GET', undefined],
  [302, 'GET', undefined],
  [303, 'GET', undefined],
  [307, 'POST', 'x'],
  [308, 'POST', 'x'],
])('%i of a POST asks again with %s', (status, method, body) => {
  expect(decideRedirect(post, { status, location: '/next' }, 1)).toMatchObject({
    kind: 'follow',
    request: { method, body, url: 'https://a.test/next' },
  });
});

it.each([200, 201, 300, 304, 401])('%i with a location is an answer', (status) => {
  expect(decideRedirect(post, { status, location: '/next' }, 1)).toEqual({ kind: 'answer' });
});

it('a redirect without a location is an answer', () => {
  expect(decideRedirect(post, { status: 302, location: undefined }, 1)).toEqual({ kind: 'answer' });
});

it.each([
  ['https://a.test/x', true],
  ['https://a.test:443/x', true],
  ['https://a.test:8443/x', false],
  ['https://b.test/x', false],
  ['//b.test/x', false],
])('to %s keeps the authorization: %s', (location, kept) => {
  const decision = decideRedirect(post, { status: 307, location }, 1);
  const headers = decision.kind === 'follow' ? decision.request.headers : undefined;
  expect(headers).toBeDefined();
  expect(headers?.Authorization !== undefined).toBe(kept);
  expect(headers).toMatchObject({ 'Content-Type': 'text/plain', 'User-Agent': 'w' });
});

it('a redirect that drops the body drops its headers too', () => {
  const decision = decideRedirect(post, { status: 303, location: '/x' }, 1);
  expect(decision.kind === 'follow' && decision.request.headers).toEqual({
    Authorization: 'Bearer x',
    'User-Agent': 'w',
  });
});

it('http to https is followed as another origin', () => {
  const decision = decideRedirect({ ...post, url: 'http://a.test/' }, { status: 307, location: 'https://a.test/' }, 1);
  expect(decision.kind === 'follow' && decision.request.headers?.Authorization).toBeUndefined();
});

it.each([
  ['http://a.test/x?q=hunter2', 1],
  ['ftp://a.test/', 1],
  ['http://', 1],
  ['https://a.test/', 0],
])('refuses to go from https to %s with %i hops left', (location, hops) => {
  const decision = decideRedirect(post, { status: 302, location }, hops);
  expect(decision.kind).toBe('refuse');
  expect(JSON.stringify(decision)).not.toContain('hunter2');
});
