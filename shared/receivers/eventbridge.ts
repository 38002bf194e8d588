import { z } from 'zod';
import { findBridgeSource, parseBridgeEvent } from './bridge-events.ts';
import { buildSettings } from './build-mapping.ts';
import { parseTime, readJson } from './read-json.ts';
import type { ReceiverType } from './receiver-type.ts';
import { secretHeaderFault, verifySecretHeader } from './secret-header.ts';

/** docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
const Envelope = z.object({
  id: z.string().min(1).max(200),
  source: z.string().max(256),
  'detail-type': z.string().max(128),
  account: z.string().regex(/^\d{12}$/, 'must be 12 digits'),
  region: z.string().regex(/^[a-z0-9-]{1,32}$/, 'must be a region'),
  time: z.string().refine((text) => parseTime(text) !== undefined, 'must be RFC 3339 with a zone'),
  detail: z.unknown().optional(),
});

/**
 * Events of AWS through an API destination, for the service that runs outside of it. What they say is recorded under the same
 * names as on AWS, where a rule puts them into the queue instead.
 */
export const eventbridge: ReceiverType = {
  type: 'eventbridge',
  bodyTypes: ['application/json'],
  proof: 'own',
  settings: buildSettings,
  secretFault: secretHeaderFault,
  verify: (raw, { secrets }) => verifySecretHeader(raw, 'authorization', secrets),
  parse(delivery, { settings }) {
    const read = readJson(delivery.body, Envelope);
    if (read.kind === 'malformed') return read;
    const event = { ...read.value, detail: read.value.detail };
    const source = findBridgeSource(event);
    if (source === undefined) return { kind: 'events', events: [], key: event.id };
    const parsed = parseBridgeEvent(source, event, settings);
    return parsed.kind === 'malformed' ? parsed : { ...parsed, reporter: source.reporter };
  },
};
