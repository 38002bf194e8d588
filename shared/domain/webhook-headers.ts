/** Set by a `webhook` step itself or by the connection. */
const ownHeaders: readonly string[] = [
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
  'waybill-callback',
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
];

/** Why a `webhook` step cannot send that header; undefined = it can. Names: a token of RFC 9110, section 5.6.2. */
export function headerFault(name: string, value: string): string | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(name)) return 'This is no name of a header.';
  if (ownHeaders.includes(name.toLowerCase())) return 'This header is set by the step itself.';
  return /[\r\n\0]/.test(value) ? 'A header is one line.' : undefined;
}
