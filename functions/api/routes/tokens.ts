import { z } from 'zod';
import { listOf, pageQuery } from '../../../shared/contracts/common.ts';
import { presentToken } from '../../../shared/contracts/present-access.ts';
import { presentOptionalTime } from '../../../shared/contracts/present-time.ts';
import { createdToken, listedToken, tokenInput } from '../../../shared/contracts/tokens.ts';
import { createToken } from '../../../shared/flows/create-token.ts';
import { deleteToken } from '../../../shared/flows/delete-token.ts';
import { listTokens } from '../../../shared/flows/list-tokens.ts';
import { notFoundProblem } from '../../../shared/runtime/http-problem.ts';
import { route } from '../../../shared/runtime/route.ts';
import { answerWhole } from './lists.ts';

const post = route({
  method: 'POST',
  path: '/v1/tokens',
  operation: 'createToken',
  summary: 'Makes an API token; its text is shown once',
  access: 'admin',
  body: { kind: 'json', schema: tokenInput },
  answers: { 201: { description: 'The token', schema: createdToken } },
  async handle(ports, { caller, body }) {
    const { token, text } = await createToken(ports, { caller, ...body });
    return { status: 201, body: { id: token.id, token: text, expiresAt: presentOptionalTime(token.expiresAt) } };
  },
});

const list = route({
  method: 'GET',
  path: '/v1/tokens',
  operation: 'listTokens',
  summary: 'Lists API tokens, never their texts',
  access: 'admin',
  query: z.object(pageQuery),
  answers: { 200: { description: 'Oldest first', schema: listOf(listedToken) } },
  conditional: true,
  async handle(ports, { query }) {
    const key = (token: { readonly createdAt: number; readonly id: string }) =>
      `${String(token.createdAt).padStart(15, '0')}-${token.id}`;
    return answerWhole(await listTokens(ports), query, { key, present: presentToken });
  },
});

const remove = route({
  method: 'DELETE',
  path: '/v1/tokens/{id}',
  operation: 'deleteToken',
  summary: 'Revokes an API token at once',
  access: 'admin',
  answers: { 204: { description: 'Revoked' } },
  async handle(ports, { params }) {
    const answer = await deleteToken(ports, { id: params.id ?? '' });
    if (answer.kind === 'notFound') throw notFoundProblem('token');
    return { status: 204 };
  },
});

export const tokenRoutes = [post, list, remove];
