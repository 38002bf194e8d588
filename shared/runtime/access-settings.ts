/** Who issues the tokens of people that this service did not issue itself (ruling 13). */
export interface OidcSettings {
  readonly issuer: string;
  readonly audience: string;
  /** Name of the claim that lists the groups. */
  readonly groupsClaim: string;
}

export interface AccessSettings {
  /** Any non-empty string: subject `admin`, group `waybill-admins`. */
  readonly adminToken?: string;
  readonly oidc?: OidcSettings;
}

export interface AccessReading {
  readonly settings: AccessSettings;
  /** One sentence per fault, naming the variable. */
  readonly faults: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads WAYBILL_ADMIN_TOKEN and WAYBILL_OIDC_*; never throws, so that all configuration errors are reported together. */
export function readAccessSettings(env: Environment): AccessReading {
  const adminToken = env.WAYBILL_ADMIN_TOKEN || undefined;
  const issuer = env.WAYBILL_OIDC_ISSUER || undefined;
  const audience = env.WAYBILL_OIDC_AUDIENCE || undefined;
  const groupsClaim = env.WAYBILL_OIDC_GROUPS_CLAIM || 'groups';
  const faults = oidcFaults(issuer, audience);
  if (issuer === undefined || audience === undefined || faults.length > 0) return { settings: { adminToken }, faults };
  return { settings: { adminToken, oidc: { issuer, audience, groupsClaim } }, faults };
}

function oidcFaults(issuer: string | undefined, audience: string | undefined): readonly string[] {
  if (issuer === undefined && audience === undefined) return [];
  if (issuer === undefined) return ['WAYBILL_OIDC_AUDIENCE is set without WAYBILL_OIDC_ISSUER: set both or neither.'];
  const faults = isIssuer(issuer)
    ? []
    : [`WAYBILL_OIDC_ISSUER is an https:// address (http:// on loopback), not ${JSON.stringify(issuer)}.`];
  if (audience === undefined) {
    return [...faults, 'WAYBILL_OIDC_ISSUER is set without WAYBILL_OIDC_AUDIENCE: set both or neither.'];
  }
  return faults;
}

const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];

function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopbackHosts.includes(url.hostname));
}

/** The same for a function, which can only refuse to start; all faults in one message. */
export function requireAccessSettings(env: Environment): AccessSettings {
  const { settings, faults } = readAccessSettings(env);
  if (faults.length > 0) throw new Error(faults.join(' '));
  return settings;
}
