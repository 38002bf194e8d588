import { z } from 'zod';
import { hookRoute } from '../../../shared/contracts/hook-route.ts';
import { openApi } from '../../../shared/contracts/openapi.ts';
import type { RouteContract } from '../../../shared/contracts/route-contract.ts';
import type { JsonObject } from '../../../shared/domain/json.ts';
import { route } from '../../../shared/runtime/route.ts';

/** Version of the API: its first path part, then what was added to it. */
const apiVersion = '1.0.0';

/** The document of a route table, itself included; made at the first call. */
export function openApiRoutes(routes: readonly RouteContract[]) {
  let document: JsonObject | undefined;
  const get = route({
    method: 'GET',
    path: '/v1/openapi.json',
    operation: 'openApi',
    summary: 'This document',
    access: 'caller',
    answers: { 200: { description: 'OpenAPI 3.1', schema: z.record(z.string(), z.unknown()) } },
    conditional: true,
    async handle() {
      document ??= openApi([...routes, hookRoute, get], apiVersion);
      return { status: 200, body: document };
    },
  });
  return [get];
}
