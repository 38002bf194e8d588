import type { Schema } from '../../shared/contracts/schema.ts';
import { readWith } from '../../shared/contracts/schema.ts';

export interface Api {
  /** Calls a route and reads the answer by the contract's own schema; any other status is a deviation. */
  get<T>(path: string, schema: Schema<T>): Promise<T>;
  send<T>(call: Call, schema: Schema<T>): Promise<T>;
  /** Only the status, for what is meant to be refused. */
  status(call: Call): Promise<number>;
}

export interface Call {
  readonly method: 'PUT' | 'POST';
  readonly path: string;
  readonly body: object;
}

export function createApi(url: string, token: string): Api {
  const request = (method: string, path: string, body?: object) =>
    fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    get: async (path, schema) => read(`GET ${path}`, await request('GET', path), schema),
    send: async ({ method, path, body }, schema) =>
      read(`${method} ${path}`, await request(method, path, body), schema),
    status: async ({ method, path, body }) => (await request(method, path, body)).status,
  };
}

async function read<T>(what: string, answer: Response, schema: Schema<T>): Promise<T> {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${what} was expected to succeed. It answered ${answer.status}: ${text}`);
  const reading = readWith(schema, JSON.parse(text));
  if (reading.kind === 'ok') return reading.value;
  const faults = reading.errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new Error(`${what} was expected to answer as the contract says. ${faults}`);
}
