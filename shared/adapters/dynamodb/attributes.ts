import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { isJsonObject, type Json } from '../../domain/json.ts';

export type Attributes = Record<string, AttributeValue>;

/** As the wire has them: bytes in base64. Our items are flat, so that nothing is looked for in lists and maps. */
export function wireAttributes(attributes: Readonly<Attributes>): object {
  if (!Object.values(attributes).some(({ B }) => B !== undefined)) return attributes;
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, wireValue(value)]));
}

export function wireValue(value: AttributeValue): object {
  return value.B === undefined ? value : { B: Buffer.from(value.B).toString('base64') };
}

/** An item of an answer; undefined for what is none. */
export function readAttributes(said: Json | undefined): Attributes | undefined {
  if (!isJsonObject(said)) return undefined;
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(said)) attributes[name] = readValue(value);
  return attributes;
}

export function readItems(said: Json | undefined): readonly Attributes[] {
  const items: readonly Json[] = Array.isArray(said) ? said : [];
  return items.map(readAttributes).filter((item) => item !== undefined);
}

/** Other types than the three that we write are of no item of ours, which its reader then says. */
function readValue(said: Json): AttributeValue {
  if (isJsonObject(said)) {
    if (typeof said.S === 'string') return { S: said.S };
    if (typeof said.N === 'string') return { N: said.N };
    if (typeof said.B === 'string') return { B: Buffer.from(said.B, 'base64') };
  }
  return { NULL: true };
}
