import { HttpProblem } from './http-problem.ts';
import { type HttpHandler, problemAnswer } from './http-stack.ts';

/** A function's answer has at most 6 MB, its JSON form counted: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const longestAnswer = 6_000_000;

/** JSON writes one byte as six at most. */
const certainlyShort = longestAnswer / 6 - 10_000;

/** What the engine would turn into a 502 is refused in words instead: a page of large entries may be asked for in smaller pieces. */
export function withinLimit(handler: HttpHandler): HttpHandler {
  return async (event, context) => {
    const answer = await handler(event, context);
    if (answer.body.length < certainlyShort || Buffer.byteLength(JSON.stringify(answer)) <= longestAnswer)
      return answer;
    const detail = 'The answer would be longer than 6 MB. Of a list, ask for fewer entries at once, such as ?limit=10.';
    return problemAnswer(new HttpProblem(422, 'answerTooLarge', detail));
  };
}
