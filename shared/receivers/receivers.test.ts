import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { receiverTypes } from '../../test/fixtures/receiver-types.ts';
import { hookRoute } from '../contracts/hook-route.ts';
import { findReceiverType } from './receivers.ts';

it('lists every type under its own name', () => {
  for (const [name, type] of Object.entries(receiverTypes)) expect(type.type).toBe(name);
});

it('lists every type that has a file', async () => {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const modules = await Promise.all(files.map((file) => import(/* @vite-ignore */ `./${file}`)));
  const types = modules.flatMap((module) => Object.values<unknown>(module)).filter(isReceiverType);
  expect(types.length).toBeGreaterThan(1);
  for (const type of types) expect(await findReceiverType(type.type)).toBe(type);
});

it('says in the API which media types the hook takes', () => {
  const { body } = hookRoute;
  const told = body?.kind === 'bytes' ? body.mediaTypes : [];
  const taken = Object.values(receiverTypes).flatMap(({ bodyTypes }) => bodyTypes);
  expect([...told].sort()).toEqual([...new Set(taken)].sort());
});

it.each(['', 'nope', 'constructor', '__proto__'])('does not find %j', async (name) => {
  expect(await findReceiverType(name)).toBeUndefined();
});

function isReceiverType(value: unknown): value is { readonly type: string } {
  return typeof value === 'object' && value !== null && 'verify' in value && 'type' in value;
}
