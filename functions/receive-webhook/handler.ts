import { answerPreflight } from '../../shared/flows/answer-preflight.ts';
import { receiveDelivery } from '../../shared/flows/receive-delivery.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { type HttpHandler, httpStack } from '../../shared/runtime/http-stack.ts';
import { lambdaHandler } from '../../shared/runtime/lambda-handler.ts';
import { answerOf, metricOf, notesOf, preflightAnswerOf, readHook } from './hook.ts';

type HookPorts = Parameters<typeof receiveDelivery>[0] & Pick<Ports, 'clock' | 'log' | 'metrics' | 'calls'>;

/** A sender's call in, durable, 202 out. */
export function createHandler(ports: HookPorts): HttpHandler {
  return httpStack(ports, async (event, notes) => {
    notes.route = '/v1/hooks/{id}';
    const hook = readHook(event, ports.clock.now());
    if (hook.method === 'OPTIONS') return preflightAnswerOf(await answerPreflight(ports, hook));
    const answer = await receiveDelivery(ports, hook);
    Object.assign(notes, notesOf(answer));
    const metric = metricOf(answer);
    if (metric !== undefined) ports.metrics.add(metric);
    return answerOf(answer);
  });
}

export const handler = lambdaHandler(async (env) => {
  const { awsIntakePorts } = await import('../aws-intake-ports.ts');
  return createHandler(awsIntakePorts(env));
});
