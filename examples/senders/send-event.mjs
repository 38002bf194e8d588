#!/usr/bin/env node
// Sends an event to a receiver of type `waybill`, signed as Standard Webhooks. Needs Node 20 or later and nothing else.
//
//   WAYBILL_HOOK_URL=https://waybill.example.com/v1/hooks/… WAYBILL_HOOK_SECRET=whsec_… node senders/send-event.mjs event.json [id]
//
// The id is the same for the same event: sent again with it, the event counts once.
import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [file, id = randomUUID()] = process.argv.slice(2);
const { WAYBILL_HOOK_URL: url, WAYBILL_HOOK_SECRET: secret } = process.env;
if (!file || !url || !secret) throw new Error('Give a file, WAYBILL_HOOK_URL and WAYBILL_HOOK_SECRET.');

const body = readFileSync(file);
const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');

async function send() {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body,
    signal: AbortSignal.timeout(30_000),
  });
}

for (let attempt = 1; ; attempt += 1) {
  const answer = await send().catch((error) => ({ ok: false, status: 0, text: async () => String(error) }));
  const text = await answer.text();
  if (answer.ok) {
    console.log(text);
    break;
  }
  const mayPass = answer.status === 0 || answer.status === 429 || answer.status >= 500;
  if (!mayPass || attempt === 5) throw new Error(`The hook answered ${answer.status}: ${text}`);
  await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** attempt));
}
