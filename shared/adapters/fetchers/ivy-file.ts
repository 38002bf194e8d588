import { Failure } from '../../domain/failure.ts';
import type { ArtifactFetcher } from '../../ports/artifact-fetcher.ts';
import type { Outbound } from '../../ports/outbound.ts';
import { checkBeside } from './checksum.ts';
import { download } from './download.ts';
import { accountBase, below, proofFor } from './place.ts';

/** ant.apache.org/ivy/history/latest-milestone/resolver/ivyrep.html */
const defaultPattern = '[organisation]/[module]/[revision]/[type]s/[artifact]-[revision].[ext]';

/**
 * Reference: `organisation:module:revision`, with `:artifact`, `:type` and `:ext` behind it where they are not the module, `jar`
 * and the type. The account is the repository; its `pattern` says where files are. The checksum file beside is checked.
 */
export function createIvyFile(outbound: Outbound): ArtifactFetcher {
  return {
    type: 'ivy/file',
    accountTypes: ['ivy', 'http'],
    async fetch({ artifact, account, ...limits }) {
      const tokens = parseTokens(artifact.reference, artifact.version);
      const path = filled(account?.account.pattern ?? defaultPattern, tokens);
      const url = below(accountBase(account, 'ivy/file'), path);
      const file = { url, headers: proofFor(url, account), ...limits };
      const { bytes } = await download(outbound, file);
      await checkBeside(outbound, file, bytes);
      return { bytes, version: tokens.get('revision') };
    },
  };
}

function parseTokens(reference: string, given: string | undefined): ReadonlyMap<string, string> {
  const [organisation = '', module = '', revision = given ?? '', artifact = module, type = 'jar', ext = type, ...more] =
    reference.split(':');
  const tokens = new Map(Object.entries({ organisation, module, revision, artifact, type, ext }));
  if (more.length > 0 || [...tokens.values()].some((text) => !/^[\w.+~-]+$/.test(text))) {
    throw new Failure('fetchNotPossible', 'The reference of ivy/file must be like organisation:module:revision');
  }
  if (/^latest\.|\+$/.test(revision)) {
    throw new Failure('fetchNotPossible', `Ivy revision ${revision} moves; name the one you mean`);
  }
  return tokens;
}

/** `[orgPath]` is the organisation with slashes. Optional parts `( … )` are those that have what they name: all do. */
function filled(pattern: string, tokens: ReadonlyMap<string, string>): string {
  return pattern.replace(/[()]/g, '').replace(/\[(\w+)\]/g, (_, name: string) => {
    const value = name === 'orgPath' ? tokens.get('organisation')?.replaceAll('.', '/') : tokens.get(name);
    if (value !== undefined) return value;
    throw new Failure('fetchNotPossible', `The pattern of the account names [${name}], which an artifact has not`);
  });
}
