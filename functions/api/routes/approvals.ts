import { approval, approvalQuery, decisionInput } from '../../../shared/contracts/approvals.ts';
import { listOf } from '../../../shared/contracts/common.ts';
import { presentApproval } from '../../../shared/contracts/present-approval.ts';
import { isDigest } from '../../../shared/domain/digest.ts';
import { decideOnApproval } from '../../../shared/flows/decide-on-approval.ts';
import { findApproval, listApprovals } from '../../../shared/flows/list-approvals.ts';
import { forbiddenProblem, HttpProblem, notFoundProblem } from '../../../shared/runtime/http-problem.ts';
import { route } from '../../../shared/runtime/route.ts';
import { answerPage } from './lists.ts';

const list = route({
  method: 'GET',
  path: '/v1/approvals',
  operation: 'listApprovals',
  summary: 'Approvals of pipelines that you may see or are asked for',
  access: 'caller',
  query: approvalQuery,
  answers: { 200: { description: 'Newest first', schema: listOf(approval) } },
  conditional: true,
  async handle(ports, { caller, query }) {
    return answerPage(await listApprovals(ports, { caller, ...query }), presentApproval);
  },
});

const get = route({
  method: 'GET',
  path: '/v1/approvals/{id}',
  operation: 'getApproval',
  summary: 'One approval',
  access: 'caller',
  answers: { 200: { description: 'The approval', schema: approval } },
  conditional: true,
  async handle(ports, { caller, params }) {
    const found = await findApproval(ports, { caller, id: params.id ?? '' });
    if (found === undefined) throw notFoundProblem('approval');
    return { status: 200, body: presentApproval(found) };
  },
});

/** Ruling 8's order: 401, 404, 403, the same again 200, 410, 409. */
const decide = route({
  method: 'POST',
  path: '/v1/approvals/{id}/decisions',
  operation: 'decideApproval',
  summary: 'Approves or rejects exactly the digests that the approval names',
  access: 'caller',
  body: { kind: 'json', schema: decisionInput },
  answers: { 200: { description: 'The approval with the decision', schema: approval } },
  async handle(ports, { caller, params, body }) {
    const id = params.id ?? '';
    if ((await findApproval(ports, { caller, id })) === undefined) throw notFoundProblem('approval');
    const digests = (body.digests ?? (body.digest === undefined ? [] : [body.digest])).filter(isDigest);
    const { decision, comment } = body;
    const answer = await decideOnApproval(ports, { caller, id, decision, digests, comment });
    switch (answer.kind) {
      case 'notFound':
        throw notFoundProblem('approval');
      case 'forbidden':
        throw forbiddenProblem(answer.message);
      case 'conflict':
        throw new HttpProblem(409, 'conflict', answer.message);
      case 'gone':
        throw new HttpProblem(410, 'gone', answer.message);
      default:
        return { status: 200, body: presentApproval(answer.approval) };
    }
  },
});

export const approvalRoutes = [list, get, decide];
