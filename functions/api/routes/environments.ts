import { z } from 'zod';
import { listOf, pageQuery } from '../../../shared/contracts/common.ts';
import { environment, environmentHead } from '../../../shared/contracts/environments.ts';
import { presentEnvironment, presentHead } from '../../../shared/contracts/present-environment.ts';
import { environmentHistory, listEnvironments } from '../../../shared/flows/list-environments.ts';
import { route } from '../../../shared/runtime/route.ts';
import { answerPage, answerWhole } from './lists.ts';

const list = route({
  method: 'GET',
  path: '/v1/environments',
  operation: 'listEnvironments',
  summary: 'What is where, as far as you may see',
  access: 'caller',
  query: z.object(pageQuery),
  answers: { 200: { description: 'By name', schema: listOf(environment) } },
  conditional: true,
  async handle(ports, { caller, query }) {
    const environments = await listEnvironments(ports, { caller });
    return answerWhole(environments, query, { key: (one) => one.name, present: presentEnvironment });
  },
});

const history = route({
  method: 'GET',
  path: '/v1/environments/{name}/history',
  operation: 'environmentHistory',
  summary: 'What was there before',
  access: 'caller',
  query: z.object(pageQuery),
  answers: { 200: { description: 'Newest first', schema: listOf(environmentHead) } },
  conditional: true,
  async handle(ports, { caller, params, query }) {
    return answerPage(await environmentHistory(ports, { caller, name: params.name ?? '', ...query }), presentHead);
  },
});

export const environmentRoutes = [list, history];
