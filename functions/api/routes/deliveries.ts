import { listOf } from '../../../shared/contracts/common.ts';
import { delivery, deliveryQuery, replayedDelivery } from '../../../shared/contracts/deliveries.ts';
import { explainInput, explanations } from '../../../shared/contracts/explain.ts';
import { presentDelivery } from '../../../shared/contracts/present-delivery.ts';
import { parseDigest } from '../../../shared/domain/digest.ts';
import { explain } from '../../../shared/flows/explain.ts';
import { findDelivery, listDeliveries } from '../../../shared/flows/list-deliveries.ts';
import { replayDelivery } from '../../../shared/flows/replay-delivery.ts';
import { forbiddenProblem, notFoundProblem } from '../../../shared/runtime/http-problem.ts';
import { route } from '../../../shared/runtime/route.ts';
import { answerPage } from './lists.ts';
import { noBody } from './no-body.ts';

const list = route({
  method: 'GET',
  path: '/v1/deliveries',
  operation: 'listDeliveries',
  summary: 'Deliveries that a pipeline of yours received; all of them to operators and admins',
  access: 'caller',
  query: deliveryQuery,
  answers: { 200: { description: 'Newest first', schema: listOf(delivery) } },
  conditional: true,
  async handle(ports, { caller, query }) {
    return answerPage(await listDeliveries(ports, { caller, ...query }), presentDelivery);
  },
});

const get = route({
  method: 'GET',
  path: '/v1/deliveries/{id}',
  operation: 'getDelivery',
  summary: 'A delivery with the outcome of every rule that it met',
  access: 'caller',
  answers: { 200: { description: 'The delivery', schema: delivery } },
  conditional: true,
  async handle(ports, { caller, params }) {
    const view = await findDelivery(ports, { caller, id: params.id ?? '' });
    if (view === undefined) throw notFoundProblem('delivery');
    return { status: 200, body: presentDelivery(view) };
  },
});

const replay = route({
  method: 'POST',
  path: '/v1/deliveries/{id}/replay',
  operation: 'replayDelivery',
  summary: 'Processes a delivery again; changes nothing that was done',
  access: 'caller',
  body: noBody,
  answers: { 202: { description: 'It is processed again', schema: replayedDelivery } },
  async handle(ports, { caller, params }) {
    const answer = await replayDelivery(ports, { caller, id: params.id ?? '' });
    if (answer.kind === 'notFound') throw notFoundProblem('delivery');
    if (answer.kind === 'forbidden') throw forbiddenProblem('A replay is for operators and owners of its pipelines.');
    return { status: 202, body: { deliveryId: answer.deliveryId } };
  },
});

const explainRoute = route({
  method: 'POST',
  path: '/v1/explain',
  operation: 'explain',
  summary: 'What every rule of a repository would make of a push, and why',
  access: 'caller',
  body: { kind: 'json', schema: explainInput },
  answers: { 200: { description: 'One item for each source', schema: explanations } },
  async handle(ports, { caller, body: { repository, tag, digest } }) {
    const meant = digest === undefined ? undefined : parseDigest(digest);
    const { items } = await explain(ports, { caller, repository, tag, digest: meant });
    return {
      status: 200,
      body: {
        items: items.map(({ pipeline, source, matched, reason, message }) => ({
          pipeline,
          source,
          matched,
          reason,
          message,
        })),
      },
    };
  },
});

export const deliveryRoutes = [list, get, replay, explainRoute];
