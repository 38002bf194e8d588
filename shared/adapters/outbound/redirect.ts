import type { OutboundRequest } from '../../ports/outbound.ts';

export type RedirectDecision =
  | { readonly kind: 'answer' }
  | { readonly kind: 'follow'; readonly request: OutboundRequest }
  | { readonly kind: 'refuse'; readonly message: string };

const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/**
 * What may travel to another origin. A list of what may, because senders put credentials under names of their own
 * (`private-token`, `x-api-key`, `waybill-callback`).
 */
const harmlessHeaders = new Set(['accept', 'accept-language', 'content-type', 'range', 'user-agent']);
const bodyHeaders = new Set(['content-type', 'content-digest', 'content-md5']);

/** What to do with an answer: hand it on, ask again elsewhere, or stop. `hops` = redirects still allowed. */
export function decideRedirect(
  request: OutboundRequest,
  answer: { readonly status: number; readonly location: string | undefined },
  hops: number,
): RedirectDecision {
  if (!redirectStatuses.has(answer.status) || answer.location === undefined) return { kind: 'answer' };
  if (request.maxRedirects === 0) return { kind: 'answer' };
  const from = new URL(request.url);
  const to = URL.canParse(answer.location, from.href) ? new URL(answer.location, from) : undefined;
  if (to === undefined) return refuse(from, 'a redirect whose target is not a URL');
  if (from.protocol === 'https:' && to.protocol !== 'https:') return refuse(from, 'a redirect away from https');
  if (hops <= 0) return refuse(from, 'more redirects than are followed');
  return { kind: 'follow', request: redirected(request, to, answer.status, from.origin === to.origin) };
}

function redirected(request: OutboundRequest, to: URL, status: number, sameOrigin: boolean): OutboundRequest {
  // RFC 9110 section 15.4: 303 always turns into GET, and 301 and 302 do after POST in every client there is.
  const toGet =
    (status === 303 && request.method !== 'HEAD') || ((status === 301 || status === 302) && request.method === 'POST');
  const kept = Object.entries(request.headers ?? {}).filter(
    ([name]) =>
      (sameOrigin || harmlessHeaders.has(name.toLowerCase())) && !(toGet && bodyHeaders.has(name.toLowerCase())),
  );
  return {
    ...request,
    url: to.href,
    method: toGet ? 'GET' : request.method,
    body: toGet ? undefined : request.body,
    headers: Object.fromEntries(kept),
  };
}

function refuse(from: URL, what: string): RedirectDecision {
  return { kind: 'refuse', message: `${from.host} answered ${what}` };
}
