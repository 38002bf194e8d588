/** Every code that this service gives a fault it cannot handle where it happens. The table says whether trying again may help. */
export const failureCodes = {
  // registries and other outside systems
  registryDenied: { retryable: false },
  registryUnavailable: { retryable: true },
  manifestUnknown: { retryable: false },
  blobUnknown: { retryable: false },
  repositoryUnknown: { retryable: false },
  imageArchived: { retryable: false },
  internalAddressUnknown: { retryable: false },
  digestMismatch: { retryable: false },
  tagExists: { retryable: false },
  addressRefused: { retryable: false },
  outboundUnavailable: { retryable: true },
  outboundRefused: { retryable: false },
  tooLarge: { retryable: false },
  // artifacts and references
  artifactNotFound: { retryable: false },
  digestRequired: { retryable: false },
  noVersion: { retryable: false },
  notAdmitted: { retryable: false },
  // content
  contentNotFound: { retryable: false },
  contentDenied: { retryable: false },
  contentChanged: { retryable: false },
  checksumMismatch: { retryable: false },
  fetchNotPossible: { retryable: false },
  // deploying
  unsafeArchive: { retryable: false },
  pathNotAllowed: { retryable: false },
  platformNotFound: { retryable: false },
  stepNotAvailable: { retryable: false },
  stepFailed: { retryable: false },
  stepTimeout: { retryable: false },
  targetNotFound: { retryable: false },
  targetDenied: { retryable: false },
  targetRefused: { retryable: false },
  targetUnavailable: { retryable: true },
  invalidInput: { retryable: false },
  // deciding
  notApproved: { retryable: false },
  approvalRejected: { retryable: false },
  approvalExpired: { retryable: false },
  gateDenied: { retryable: false },
  rejected: { retryable: false },
  rebuilt: { retryable: false },
  notVerified: { retryable: false },
  scanMissing: { retryable: false },
  scanDenied: { retryable: false },
  testsMissing: { retryable: false },
  testsDenied: { retryable: false },
  superseded: { retryable: false },
  cancelled: { retryable: false },
  deadlineExceeded: { retryable: false },
  needsFailed: { retryable: false },
  pipelineCircle: { retryable: false },
  accountNotPermitted: { retryable: false },
  ownerRequired: { retryable: false },
  // the machinery
  conflict: { retryable: true },
  storeUnavailable: { retryable: true },
  storageFull: { retryable: true },
  engineStopped: { retryable: false },
  internal: { retryable: false },
} as const satisfies Record<string, { readonly retryable: boolean }>;

export type FailureCode = keyof typeof failureCodes;

export interface FailureOptions {
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Set only where one code can be either; else the table decides. */
  readonly retryable?: boolean;
}

/** What a caller cannot handle. `name` is the code, so that ASL Retry and Catch, logs and tests read one word. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message, { cause: options.cause });
    this.name = code;
    this.code = code;
    this.retryable = options.retryable ?? failureCodes[code].retryable;
    this.details = options.details ?? {};
  }
}

/** What is kept of a fault: in a ledger, a delivery, an answer. Never a stack, never a secret. */
export interface FaultRecord {
  readonly code: string;
  readonly message: string;
}

export function faultRecord(error: unknown): FaultRecord {
  if (error instanceof Failure) return { code: error.code, message: error.message };
  return { code: 'internal', message: 'An unexpected fault; the service log has it under this time and execution.' };
}
