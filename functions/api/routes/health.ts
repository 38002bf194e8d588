import { z } from 'zod';
import { route } from '../../../shared/runtime/route.ts';

const get = route({
  method: 'GET',
  path: '/healthz',
  operation: 'health',
  summary: 'Whether this service accepts traffic',
  access: 'public',
  answers: { 200: { description: 'It does', schema: z.object({ status: z.literal('ready') }) } },
  async handle() {
    return { status: 200, body: { status: 'ready' } };
  },
});

export const healthRoutes = [get];
