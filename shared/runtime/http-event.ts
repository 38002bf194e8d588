/**
 * What our handlers read of an API Gateway HTTP API event, payload format 2.0
 * (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html). The local server makes the same.
 */
export interface HttpEvent {
  /** Path as sent, without the query. */
  readonly rawPath: string;
  readonly rawQueryString: string;
  /** Names in lower case; repeated headers joined with commas. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly requestContext: {
    readonly requestId: string;
    readonly http: { readonly method: string };
  };
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

/** Format 2.0 of an answer. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** The body's bytes exactly as they were sent: signatures are over bytes, not over text. */
export function bodyBytes(event: HttpEvent): Uint8Array {
  if (event.body === undefined) return new Uint8Array();
  return Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8');
}

/** The media type without parameters, in lower case; '' if there is none. */
export function mediaType(event: HttpEvent): string {
  return (event.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Query parameters by name, the last one counts; an empty value is as good as none. */
export function queryOf(event: HttpEvent): Readonly<Record<string, string>> {
  if (event.rawQueryString === '') return {};
  const pairs = [...new URLSearchParams(event.rawQueryString)];
  return Object.fromEntries(pairs.filter(([, value]) => value !== ''));
}
