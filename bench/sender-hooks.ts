import { isJsonObject, type Json } from '../shared/domain/json.ts';
import type { ReceiverType } from '../shared/receivers/receiver-type.ts';
import { findRow, type ReceiverRow, readSample } from '../test/contracts/receiver-row.ts';
import { receiverTypes } from '../test/fixtures/receiver-types.ts';
import { median } from './figures.ts';
import type { Figure, Section } from './report.ts';

const rounds = 15;
const perRound = 100;
const bytes = 10_000;
/** Issue of every sender: proof and reading together. */
const atMost = 100;

/** What every kind of sender costs before the first write: its documented body, filled up with what nobody reads. */
export async function measureSenderHooks(): Promise<Section> {
  const figures: Figure[] = [];
  for (const type of Object.values(receiverTypes)) {
    const row = await findRow(type.type);
    if (row !== undefined) figures.push(senderFigure(type, row));
  }
  return {
    title: 'Verifying and reading 10 kB, by sender',
    how: `in one process, medians of ${rounds} rounds of ${perRound}`,
    figures,
  };
}

function senderFigure(type: ReceiverType, row: ReceiverRow): Figure {
  const work = hookOf(type, row);
  const microseconds: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    for (let n = 0; n < perRound; n += 1) work();
    microseconds.push(((performance.now() - start) * 1_000) / perRound);
  }
  return { name: type.type, value: median(microseconds), unit: 'us', target: { atMost } };
}

function hookOf(type: ReceiverType, row: ReceiverRow): () => void {
  const now = Date.now();
  const [sample] = row.samples;
  const { secrets, settings = {}, registry } = row;
  const body = filled(JSON.parse(new TextDecoder().decode(readSample(type.type, sample?.file ?? ''))));
  const proof = row.prove({ body, secret: secrets[0] ?? '', now });
  const contentType = sample?.contentType ?? row.contentType ?? type.bodyTypes[0] ?? '';
  const headers = { 'content-type': contentType, ...sample?.headers, ...proof.headers };
  const raw = { headers, query: proof.query ?? {}, body, receivedAt: now };
  const context = { secrets, settings, allowUnsigned: false, now };
  return () => {
    const needed = type.keysNeeded?.(raw, context);
    const verified = type.verify(raw, { ...context, keys: row.keys?.[needed?.url ?? ''] });
    const parsed = verified && type.parse(verified, { settings, registry, receiver: 'bench' });
    if (parsed?.kind !== 'events') throw new Error(`The bench's call of ${type.type} is not taken.`);
  };
}

/** Senders say much that is of no use here; that it is skipped costs too. */
function filled(json: Json): Uint8Array {
  const first = Array.isArray(json) ? json[0] : json;
  const known = isJsonObject(first) ? first : {};
  const rest = bytes - JSON.stringify(json).length;
  const filler = Array.from({ length: Math.max(0, Math.floor(rest / 90)) }, (_, n) => ({
    id: n,
    node_id: `MDQ6VXNlcjIxMDMx${n}`,
    url: `https://api.example.com/repos/team/shop/${n}`,
  }));
  const whole = { ...known, zzFiller: filler };
  return Buffer.from(JSON.stringify(Array.isArray(json) ? [whole, ...json.slice(1)] : whole));
}
