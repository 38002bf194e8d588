import type { Ports } from '../../shared/ports/ports.ts';
import { type AccessSettings, requireAccessSettings } from '../../shared/runtime/access-settings.ts';
import { withinLimit } from '../../shared/runtime/answer-size.ts';
import { apiStack } from '../../shared/runtime/api-stack.ts';
import type { HttpHandler } from '../../shared/runtime/http-stack.ts';
import { lambdaHandler } from '../../shared/runtime/lambda-handler.ts';
import { allRoutes } from './routes/all-routes.ts';

/** HTTP API event in, one route's flow, answer out. */
export function createHandler(ports: Ports, access: AccessSettings): HttpHandler {
  return apiStack(ports, access, allRoutes);
}

export const handler = lambdaHandler(async (env) => {
  const { awsPorts } = await import('../aws-ports.ts');
  return withinLimit(createHandler(awsPorts(), requireAccessSettings(env)));
});
