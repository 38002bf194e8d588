import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { addUnits, createUnits, type Units } from '../shared/adapters/dynamodb/units.ts';

/** What one kind of item cost. */
export interface KindCost extends Units {
  readonly kind: string;
}

/**
 * Stands between the service's own SDK client and its table engine, asks for `ReturnConsumedCapacity` where the client did
 * not, and adds up what the engine answers, by kind of item.
 */
export interface CountingProxy {
  readonly endpoint: string;
  /** Since the last call of it. */
  take(): readonly KindCost[];
  /** Requests ever. */
  requests(): number;
  close(): void;
}

export async function startCountingProxy(engine: string): Promise<CountingProxy> {
  let byKind = new Map<string, Units>();
  const unitsOf = (kind: string): Units => {
    const known = byKind.get(kind) ?? createUnits();
    byKind.set(kind, known);
    return known;
  };
  let requests = 0;
  const server = createServer(async (request, response) => {
    requests += 1;
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const asked = { ...JSON.parse(await textOf(request)), ReturnConsumedCapacity: 'TOTAL' };
    const answer = await forward(engine, request, JSON.stringify(asked));
    count(unitsOf(kindOf(operation, asked)), { operation, ...answer });
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(answer.text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    take() {
      const taken = [...byKind].map(([kind, units]) => ({ kind, ...units }));
      byKind = new Map();
      return taken;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const reads = ['GetItem', 'BatchGetItem', 'Query'];

function count(units: Units, { operation, status, text }: Answer & { readonly operation: string }): void {
  if (status === 400 && text.includes('ConditionalCheckFailed')) units.failedConditions += 1;
  addUnits(units, reads.includes(operation) ? 'read' : 'write', JSON.parse(text).ConsumedCapacity);
}

/** `put delivery`, `get EXECUTION`: written items say their kind, read ones only their key. */
function kindOf(operation: string, asked: Record<string, unknown>): string {
  const text = JSON.stringify(asked.Item ?? asked);
  const kind = /"kind":\{"S":"([^"]+)"/.exec(text)?.[1];
  const partition = /"(?:pk|:pk|:partition)":\{"S":"([A-Z0-9]+)/.exec(text)?.[1];
  const index = typeof asked.IndexName === 'string' ? ` by ${asked.IndexName}` : '';
  return `${operation} ${kind ?? partition ?? 'other'}${index}`;
}

async function textOf(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function forward(engine: string, { headers }: IncomingMessage, body: string): Promise<Answer> {
  const { 'content-type': type, 'x-amz-target': target, authorization, 'x-amz-date': date } = headers;
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      engine,
      {
        method: 'POST',
        headers: {
          ...{ 'content-type': type, 'x-amz-target': target, authorization, 'x-amz-date': date },
          'content-length': Buffer.byteLength(body),
        },
      },
      (answer) => void textOf(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject),
    );
    call.once('error', reject);
    call.end(body);
  });
}
