import { describe, expect, it } from 'vitest';
import { azureAcr } from './azure-acr.ts';

const code = '512d38b6-c7b8-40c8-89fe-f46f9e9622b6';
/** learn.microsoft.com/azure/event-grid/webhook-event-delivery, the validation event. */
const question = [
  {
    id: '2d1781af-3a4c-4d7c-bd0c-e34b19da4e66',
    topic: '/subscriptions/xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx',
    subject: '',
    data: { validationCode: code, validationUrl: 'https://rp-eastus2.eventgrid.azure.net:553/validate?id=5' },
    eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
    eventTime: '2018-01-25T22:12:19.4556811Z',
    metadataVersion: '1',
    dataVersion: '1',
  },
];
const headers = { 'aeg-event-type': 'SubscriptionValidation', 'content-type': 'application/json' };

function ask(body: unknown, given: Readonly<Record<string, string>> = headers) {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return azureAcr.handshake?.({ headers: given, query: {}, body: bytes, receivedAt: 0 });
}

describe("Event Grid's question", () => {
  it('is answered with its code', () => {
    expect(ask(question)).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ validationResponse: code }),
    });
  });

  const [event] = question;
  it.each([
    ['without its header', question, {}],
    ['as a notification', question, { 'aeg-event-type': 'Notification' }],
    ['of another type', [{ ...event, eventType: 'Microsoft.ContainerRegistry.ImagePushed' }], headers],
    ['with a code that is none', [{ ...event, data: { validationCode: '<script>' } }], headers],
    ['with a long code', [{ ...event, data: { validationCode: 'a'.repeat(200) } }], headers],
    ['twice', [event, event], headers],
    ['that is no list', event, headers],
    ['in a long body', [{ ...event, subject: ' '.repeat(70_000) }], headers],
  ])('%s is none', (_, body, given) => {
    expect(ask(body, given)).toBeUndefined();
  });
});

describe("CloudEvents' question", () => {
  const preflight = (given: Readonly<Record<string, string>>) =>
    azureAcr.preflight?.({ headers: given, query: {}, body: new Uint8Array(), receivedAt: 0 });

  it('is answered with its origin', () => {
    expect(preflight({ 'webhook-request-origin': 'eventgrid.azure.net', 'webhook-request-rate': '120' })).toEqual({
      status: 200,
      headers: { allow: 'POST', 'webhook-allowed-origin': 'eventgrid.azure.net', 'webhook-allowed-rate': '*' },
    });
  });

  it.each(['', 'a\r\nset-cookie: x', 'https://example.com/', 'ü', 'a'.repeat(300)])(
    'is none with the origin %j',
    (origin) => {
      expect(preflight({ 'webhook-request-origin': origin })).toBeUndefined();
    },
  );
});
