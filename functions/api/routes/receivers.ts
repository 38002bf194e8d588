import { z } from 'zod';
import { listOf, pageQuery } from '../../../shared/contracts/common.ts';
import { presentListedReceiver, presentReceiver } from '../../../shared/contracts/present-receiver.ts';
import { listedReceiver, receiver, receiverInput } from '../../../shared/contracts/receivers.ts';
import { deleteReceiver } from '../../../shared/flows/delete-receiver.ts';
import { listReceivers } from '../../../shared/flows/list-receivers.ts';
import { putReceiver } from '../../../shared/flows/put-receiver.ts';
import {
  forbiddenProblem,
  HttpProblem,
  invalidProblem,
  notFoundProblem,
} from '../../../shared/runtime/http-problem.ts';
import { route } from '../../../shared/runtime/route.ts';
import { answerWhole } from './lists.ts';
import { nameOf } from './names.ts';

const put = route({
  method: 'PUT',
  path: '/v1/receivers/{name}',
  operation: 'putReceiver',
  summary: 'Makes or changes the door of one sender; its URL stays',
  access: 'operator',
  body: { kind: 'json', schema: receiverInput },
  answers: {
    200: { description: 'Changed', schema: receiver },
    201: { description: 'Created', schema: receiver },
  },
  async handle(ports, { caller, params, body }) {
    const name = nameOf(params);
    const answer = await putReceiver(ports, { caller, name, body });
    switch (answer.kind) {
      case 'forbidden':
        throw forbiddenProblem('Receivers are for operators and admins.');
      case 'invalid':
        throw invalidProblem(answer.errors);
      case 'conflict':
        throw new HttpProblem(409, 'conflict', `Receiver ${name} was changed by another call; send it again.`);
      default:
        return {
          status: answer.kind === 'created' ? 201 : 200,
          body: presentReceiver({ ...answer.receiver, url: answer.url }),
        };
    }
  },
});

const list = route({
  method: 'GET',
  path: '/v1/receivers',
  operation: 'listReceivers',
  summary: 'Receivers with their last delivery, failures and refused proofs; never a secret',
  access: 'operator',
  query: z.object(pageQuery),
  answers: { 200: { description: 'By name', schema: listOf(listedReceiver) } },
  conditional: true,
  async handle(ports, { caller, query }) {
    const receivers = await listReceivers(ports, caller);
    if (receivers === undefined) throw forbiddenProblem('Receivers are for operators and admins.');
    return answerWhole(receivers, query, { key: (one) => one.name, present: presentListedReceiver });
  },
});

const remove = route({
  method: 'DELETE',
  path: '/v1/receivers/{name}',
  operation: 'deleteReceiver',
  summary: 'Shuts a door; what came through it stays',
  access: 'operator',
  answers: { 204: { description: 'Deleted' } },
  async handle(ports, { caller, params }) {
    const answer = await deleteReceiver(ports, { caller, name: params.name ?? '' });
    if (answer === 'forbidden') throw forbiddenProblem('Receivers are for operators and admins.');
    if (answer === 'notFound') throw notFoundProblem('receiver');
    return { status: 204 };
  },
});

export const receiverRoutes = [put, list, remove];
