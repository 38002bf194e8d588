import type { Route } from '../../../shared/runtime/route.ts';
import { accountRoutes } from './accounts.ts';
import { healthRoutes } from './health.ts';
import { keyRoutes } from './keys.ts';
import { openApiRoutes } from './openapi.ts';
import { tokenRoutes } from './tokens.ts';

const served: readonly Route[] = [...accountRoutes, ...tokenRoutes, ...keyRoutes, ...healthRoutes];

/** The whole API. What is not here does not exist. */
export const allRoutes: readonly Route[] = [...served, ...openApiRoutes(served)];
