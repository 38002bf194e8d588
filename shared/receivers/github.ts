import { z } from 'zod';
import type { RawDelivery } from '../domain/delivery.ts';
import { buildSettingsShape, jsonSettings } from './build-mapping.ts';
import { parsePackage } from './github-package.ts';
import { parseWorkflowRun } from './github-workflow.ts';
import { hmacSecretFault, verifyHmacHeader } from './hmac-header.ts';
import { bodyKey } from './image-event.ts';
import { readJson } from './read-json.ts';
import type { Parsed, ReceiverType } from './receiver-type.ts';
import { githubReports } from './report-settings.ts';

const form = 'application/x-www-form-urlencoded';

/**
 * GitHub: containers pushed to GHCR and finished workflow runs. Its proof covers the body and not the headers, so a delivery is
 * known again by what is in it: `x-github-delivery` could be another one on the same signed bytes.
 */
export const github: ReceiverType = {
  type: 'github',
  bodyTypes: ['application/json', form],
  proof: 'own',
  settings: jsonSettings(z.strictObject({ ...buildSettingsShape, ...githubReports })),
  secretFault: hmacSecretFault,
  verify: (raw, { secrets }) =>
    verifyHmacHeader(raw, secrets, { header: 'x-hub-signature-256', algorithm: 'sha256', prefix: 'sha256=' }),
  parse(delivery, context) {
    const body = jsonOf(delivery);
    switch (delivery.headers['x-github-event']) {
      case 'package':
      case 'registry_package':
        return parsePackage(body, context);
      case 'workflow_run':
        return parseWorkflowRun(body, context.settings);
      default:
        return ofNoInterest(body);
    }
  },
};

/** A form carries the JSON in its field `payload`; the signature is over the form. */
function jsonOf({ headers, body }: RawDelivery): Uint8Array {
  if (!headers['content-type']?.toLowerCase().startsWith(form)) return body;
  return new TextEncoder().encode(new URLSearchParams(new TextDecoder().decode(body)).get('payload') ?? '');
}

/** `ping` and whatever else the hook is subscribed to; what is not JSON comes from no GitHub. */
function ofNoInterest(body: Uint8Array): Parsed {
  const read = readJson(body, z.record(z.string(), z.unknown()));
  return read.kind === 'malformed' ? read : { kind: 'events', events: [], key: bodyKey(body) };
}
