import type { Route } from '../../../shared/runtime/route.ts';
import { accountRoutes } from './accounts.ts';
import { approvalRoutes } from './approvals.ts';
import { artifactRoutes } from './artifacts.ts';
import { callbackRoutes } from './callbacks.ts';
import { contentRoutes } from './content.ts';
import { deliveryRoutes } from './deliveries.ts';
import { environmentRoutes } from './environments.ts';
import { executionChangeRoutes } from './execution-changes.ts';
import { executionRoutes } from './executions.ts';
import { healthRoutes } from './health.ts';
import { importRoutes } from './imports.ts';
import { keyRoutes } from './keys.ts';
import { openApiRoutes } from './openapi.ts';
import { pipelineRoutes } from './pipelines.ts';
import { receiverRoutes } from './receivers.ts';
import { resolutionRoutes } from './resolution.ts';
import { runRoutes } from './runs.ts';
import { tokenRoutes } from './tokens.ts';

const served: readonly Route[] = [
  ...receiverRoutes,
  ...deliveryRoutes,
  ...pipelineRoutes,
  ...runRoutes,
  ...executionRoutes,
  ...executionChangeRoutes,
  ...approvalRoutes,
  ...environmentRoutes,
  ...artifactRoutes,
  ...resolutionRoutes,
  ...contentRoutes,
  ...importRoutes,
  ...callbackRoutes,
  ...accountRoutes,
  ...tokenRoutes,
  ...keyRoutes,
  ...healthRoutes,
];

/** The whole API. What is not here does not exist. */
export const allRoutes: readonly Route[] = [...served, ...openApiRoutes(served)];
