import type { Access } from '../contracts/route-contract.ts';
import { readWith } from '../contracts/schema.ts';
import { type Caller, isAdmin, operatorGroup } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';
import type { AccessSettings } from './access-settings.ts';
import { readBody } from './call-body.ts';
import { conditionalAnswer } from './conditional.ts';
import { type HttpAnswer, type HttpEvent, mediaType, queryOf } from './http-event.ts';
import { HttpProblem } from './http-problem.ts';
import { type HttpHandler, httpStack } from './http-stack.ts';
import { createListCursors } from './list-cursors.ts';
import type { ApiAnswer, Route } from './route.ts';
import { createRouter } from './router.ts';
import { createCursorSeal } from './sealed-cursor.ts';
import { createTokenCheck, requireCaller, type TokenCheck } from './token-check.ts';
import { createWebDoor } from './web-door.ts';

const nobody: Caller = { subject: '', groups: [] };

/** The dashboard's files, and the API of a route table: routing, token, query, body, the route itself, in this order. */
export function apiStack(ports: Ports, access: AccessSettings, routes: readonly Route[]): HttpHandler {
  const find = createRouter(routes);
  const check = createTokenCheck(ports, access);
  const seal = createCursorSeal(ports);
  const web = createWebDoor(ports);
  return httpStack(ports, async (event, notes) => {
    const page = await web(event);
    if (page !== undefined) {
      notes.route = '/';
      return page;
    }
    const { route, params } = find(event.requestContext.http.method, event.rawPath);
    notes.route = route.path;
    const caller = await admit(check, route.access, event);
    if (caller.subject !== '') notes.subject = caller.subject;
    const cursors = createListCursors(seal, route);
    const query = await cursors.opened(readQuery(route, event));
    const body = readBody(route.body, event);
    const call = { caller, params, query, body, mediaType: mediaType(event), headers: event.headers };
    const answer = httpAnswer(await cursors.sealed(await route.handle(ports, call)));
    return route.conditional === true ? conditionalAnswer(event, answer, ports.sha256) : answer;
  });
}

async function admit(check: TokenCheck, access: Access, event: HttpEvent): Promise<Caller> {
  if (access === 'public') return nobody;
  const caller = await requireCaller(check, event.headers.authorization);
  if (access === 'admin' && !isAdmin(caller)) throw forbidden('waybill-admins');
  if (access === 'operator' && !isAdmin(caller) && !caller.groups.includes(operatorGroup)) {
    throw forbidden('waybill-operators or waybill-admins');
  }
  return caller;
}

function forbidden(groups: string): HttpProblem {
  return new HttpProblem(403, 'forbidden', `This is for members of ${groups}; the token you sent has no such group.`);
}

/** A query that does not fit is malformed: 400 with each fault's parameter. */
function readQuery(route: Route, event: HttpEvent): unknown {
  if (route.query === undefined) return undefined;
  const read = readWith(route.query, queryOf(event));
  if (read.kind === 'ok') return read.value;
  const [first] = read.errors;
  const detail = `The query is malformed: ${first?.path ?? ''}: ${first?.message ?? ''}`;
  throw new HttpProblem(400, 'malformed', detail, { errors: read.errors });
}

function httpAnswer(answer: ApiAnswer): HttpAnswer {
  if (answer.bytes !== undefined) return bytesAnswer(answer, answer.bytes);
  const isText = typeof answer.body === 'string';
  const type = answer.mediaType ?? (isText ? 'text/plain; charset=utf-8' : 'application/json');
  return {
    statusCode: answer.status,
    headers: {
      ...(answer.body === undefined ? {} : { 'content-type': type }),
      'cache-control': 'no-store',
      ...answer.headers,
    },
    body: typeof answer.body === 'string' ? answer.body : answer.body === undefined ? '' : JSON.stringify(answer.body),
    isBase64Encoded: false,
  };
}

function bytesAnswer({ status, mediaType: type, headers }: ApiAnswer, bytes: Uint8Array): HttpAnswer {
  return {
    statusCode: status,
    headers: { 'content-type': type ?? 'application/octet-stream', 'cache-control': 'no-store', ...headers },
    body: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'),
    isBase64Encoded: true,
  };
}
