import { z } from 'zod';
import { account, accountInput } from '../../../shared/contracts/accounts.ts';
import { listOf, pageQuery } from '../../../shared/contracts/common.ts';
import { presentAccount } from '../../../shared/contracts/present-access.ts';
import { embeddedAccount } from '../../../shared/domain/artifact-kinds.ts';
import { deleteAccount } from '../../../shared/flows/delete-account.ts';
import { listAccounts } from '../../../shared/flows/list-accounts.ts';
import { putAccount } from '../../../shared/flows/put-account.ts';
import { HttpProblem, invalidProblem, notFoundProblem } from '../../../shared/runtime/http-problem.ts';
import { route } from '../../../shared/runtime/route.ts';
import { answerWhole } from './lists.ts';
import { nameOf } from './names.ts';

const put = route({
  method: 'PUT',
  path: '/v1/accounts/{name}',
  operation: 'putAccount',
  summary: 'Creates or replaces an account, credentials included',
  access: 'admin',
  body: { kind: 'json', schema: accountInput },
  answers: {
    200: { description: 'Replaced', schema: account },
    201: { description: 'Created', schema: account },
  },
  async handle(ports, { params, body }) {
    const { password, token, secret, kubeconfig, ...settings } = body;
    const name = nameOf(params);
    if (name === embeddedAccount) throw builtIn();
    const answer = await putAccount(ports, { name, ...settings, credentials: { password, token, secret, kubeconfig } });
    if (answer.kind === 'conflict') {
      throw new HttpProblem(
        409,
        'conflict',
        `Account ${name} was changed by another call at the same time; send it again.`,
      );
    }
    return { status: answer.kind === 'created' ? 201 : 200, body: presentAccount(answer.account) };
  },
});

function builtIn(): HttpProblem {
  const message = `${embeddedAccount} is built in: it is for artifacts that carry their own content, and needs no credentials.`;
  return invalidProblem([{ path: '', message }], { what: 'The account' });
}

const list = route({
  method: 'GET',
  path: '/v1/accounts',
  operation: 'listAccounts',
  summary: 'Lists accounts, never their credentials',
  access: 'admin',
  query: z.object(pageQuery),
  answers: { 200: { description: 'By name', schema: listOf(account) } },
  conditional: true,
  async handle(ports, { query }) {
    return answerWhole(await listAccounts(ports), query, { key: (item) => item.name, present: presentAccount });
  },
});

const remove = route({
  method: 'DELETE',
  path: '/v1/accounts/{name}',
  operation: 'deleteAccount',
  summary: 'Deletes an account and its credentials',
  access: 'admin',
  answers: { 204: { description: 'Deleted' } },
  async handle(ports, { params }) {
    const answer = await deleteAccount(ports, { name: params.name ?? '' });
    if (answer.kind === 'notFound') throw notFoundProblem('account');
    return { status: 204 };
  },
});

export const accountRoutes = [put, list, remove];
