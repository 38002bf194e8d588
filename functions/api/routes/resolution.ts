import { presentResolution, resolveAnswer, resolveInput } from '../../../shared/contracts/resolve-artifacts.ts';
import { tryResolution } from '../../../shared/flows/try-resolution.ts';
import { HttpProblem, invalidProblem } from '../../../shared/runtime/http-problem.ts';
import { route } from '../../../shared/runtime/route.ts';

const resolve = route({
  method: 'POST',
  path: '/v1/artifacts/resolve',
  operation: 'resolveArtifacts',
  summary: 'Tries expected artifacts on artifacts: what would be bound, and from where; nothing is looked up or kept',
  access: 'caller',
  body: { kind: 'json', schema: resolveInput },
  answers: { 200: { description: 'Every one is resolved', schema: resolveAnswer } },
  async handle(ports, { body }) {
    const answer = tryResolution(ports, body);
    switch (answer.kind) {
      case 'resolved':
        return { status: 200, body: presentResolution(answer) };
      case 'failed': {
        const path = `expectedArtifacts[${answer.index}]`;
        const errors = [answer.message, ...answer.candidates].map((message) => ({ path, message }));
        throw new HttpProblem(422, answer.code, answer.message, { errors });
      }
      case 'invalid':
        throw invalidProblem(answer.errors, { what: 'What is to be resolved', code: 'invalidInput' });
      case 'tooLarge':
        throw new HttpProblem(413, 'tooLarge', answer.message);
    }
  },
});

export const resolutionRoutes = [resolve];
