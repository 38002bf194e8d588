/** How a registry wants to be asked (RFC 9110 section 11.6.1; distribution "Token Authentication"). */
export type Challenge =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: string; readonly service?: string; readonly scope?: string };

interface RawChallenge {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

const maxHeaderLength = 8192;
const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const assignment = /[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~0-9A-Za-z-]+))/y;

/** The challenge to answer: Bearer before Basic, as docker does; undefined if there is none that is known. */
export function chooseChallenge(header: string | undefined): Challenge | undefined {
  if (header === undefined || header.length > maxHeaderLength) return undefined;
  const challenges = parseChallenges(header);
  for (const { scheme, parameters } of challenges) {
    const realm = parameters.get('realm');
    if (scheme === 'bearer' && realm !== undefined && URL.canParse(realm)) {
      return { kind: 'bearer', realm, service: parameters.get('service'), scope: parameters.get('scope') };
    }
  }
  return challenges.some(({ scheme }) => scheme === 'basic') ? { kind: 'basic' } : undefined;
}

/** Several challenges may stand in one header, and a comma also parts the parameters of one: what has no `=` is a scheme. */
function parseChallenges(header: string): readonly RawChallenge[] {
  const challenges: RawChallenge[] = [];
  let at = 0;
  while (at < header.length) {
    const word = matchAt(token, header, at);
    if (word === undefined) {
      at += 1;
      continue;
    }
    at += word[0].length;
    const value = matchAt(assignment, header, at);
    if (value === undefined) {
      challenges.push({ scheme: word[0].toLowerCase(), parameters: new Map() });
      continue;
    }
    at += value[0].length;
    const text = value[1]?.replace(/\\(.)/g, '$1') ?? value[2] ?? '';
    challenges.at(-1)?.parameters.set(word[0].toLowerCase(), text);
  }
  return challenges;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
