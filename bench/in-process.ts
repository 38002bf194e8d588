import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedDynamo, startEmbeddedDynamo } from '../local/dynamodb.ts';
import { readSettings } from '../local/settings.ts';
import { type Wired, wire } from '../local/wiring.ts';
import { readPipelineFile } from '../shared/contracts/pipeline-file.ts';
import type { Caller } from '../shared/domain/caller.ts';
import { processDelivery } from '../shared/flows/process-delivery.ts';
import { putPipeline } from '../shared/flows/put-pipeline.ts';
import { startCountingProxy } from './counting-proxy.ts';
import { pause } from './figures.ts';

/** The service's own wiring in this process, to look at what cannot be seen over HTTP. */
export interface InProcess extends Wired {
  readonly dynamo: EmbeddedDynamo;
  readonly proxy: Awaited<ReturnType<typeof startCountingProxy>>;
  put(pipeline: { readonly name: string }): Promise<void>;
  /** Until every delivery is processed and every machine has ended or waits. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

const log = { info: () => {}, warn: console.error, error: console.error };
const admin: Caller = { subject: 'bench', groups: ['waybill-admins'] };

export async function startInProcess(): Promise<InProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
  const reading = readSettings({ WAYBILL_DATA_DIR: folder, WAYBILL_OUTBOUND_ALLOW: '127.0.0.1' });
  if (reading.kind === 'invalid') throw new Error(reading.faults.join(' '));
  const dynamo = await startEmbeddedDynamo({ folder: join(folder, 'dynamodb'), log });
  const proxy = await startCountingProxy(dynamo.endpoint);
  const publicUrl = 'http://127.0.0.1';
  const wired = await wire({ settings: reading.settings, dynamoEndpoint: proxy.endpoint, publicUrl, log });
  await wired.registry.start();
  wired.queue.open(async (id) => void (await processDelivery(wired.ports, id)));
  return {
    ...wired,
    dynamo,
    proxy,
    put: (pipeline) => put(wired, pipeline),
    settle: () => settle(wired, () => wired.engine.counts.transitions + proxy.requests()),
    async close() {
      await wired.queue.close();
      await wired.engine.drain();
      proxy.close();
      await dynamo.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function put({ ports }: Wired, pipeline: { readonly name: string }): Promise<void> {
  const engine = { stepKinds: Object.keys(ports.deployers), embedded: true };
  const body = Buffer.from(JSON.stringify(pipeline));
  const request = { name: pipeline.name, body, mediaType: 'application/json', caller: admin, engine };
  const answer = await putPipeline({ ...ports, readPipelineFile }, request);
  if (answer.kind !== 'saved') throw new Error(JSON.stringify(answer));
}

const calmMs = 700;

/** Nothing was counted for a while: what is under way calls something every few milliseconds. */
async function settle({ queue }: Wired, counted: () => number): Promise<void> {
  for (let before = -1; queue.size > 0 || counted() !== before; ) {
    before = counted();
    await pause(calmMs);
  }
}
