import { type Digest, digestHex } from '../../../domain/digest.ts';
import type { S3Object } from '../s3-object.ts';

/** Where a machine gets the file by itself. */
export type FileOrigin = ({ readonly kind: 's3' } & S3Object) | { readonly kind: 'https'; readonly url: string };

export interface Placement {
  readonly origin: FileOrigin;
  readonly digest: Digest;
  readonly downloadPath: string;
  readonly user: string;
  /** The user's own script: the one value that is code. */
  readonly run: string;
  readonly executionId: string;
}

/** What the script exits with where the bytes are others. */
export const checksumExit = 65;

/**
 * The script of one machine, for any POSIX shell. Every value is data in single quotes. The file is put in place by a rename, after
 * its sum was checked; standard output has the last line only, since Systems Manager keeps little of it: what the user's script prints
 * goes to standard error. Needs sha256sum, mktemp, curl or the AWS CLI, and runuser where another user is to run the script.
 */
export function placeScript(placement: Placement): string {
  const { digest, downloadPath, user, run, executionId } = placement;
  return `set -eu
path=${quoted(downloadPath)}
user=${quoted(user)}
want=${quoted(digestHex(digest))}
run=${quoted(run)}
sum() { sha256sum < "$1" | cut -c 1-64; }
if [ -d "$path" ]; then echo "$path is a directory." >&2; exit 66; fi
dir=\${path%/*}
mkdir -p -- "\${dir:-/}"
part=$(mktemp -- "\${dir:-}/.waybill-XXXXXXXX")
trap 'rm -f -- "$part"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
${download(placement.origin)}
have=$(sum "$part")
if [ "$have" != "$want" ]; then
  echo "The file has sha256 $have instead of $want." >&2
  exit ${checksumExit}
fi
chmod 0644 -- "$part"
me=$(id -un)
[ "$me" = "$user" ] || chown -- "$user" "$part"
mv -f -- "$part" "$path"
WAYBILL_EXECUTION=${quoted(executionId)}
WAYBILL_DIGEST=${quoted(digest)}
WAYBILL_FILE=$path
export WAYBILL_EXECUTION WAYBILL_DIGEST WAYBILL_FILE
cd /
if [ "$me" = "$user" ]; then sh -c "$run" </dev/null >&2
else
  HOME=$(getent passwd "$user" | cut -d : -f 6)
  export HOME
  runuser -u "$user" -- sh -c "$run" </dev/null >&2
fi
echo "waybill-observed sha256:$(sum "$path")"
`;
}

/**
 * The CLI reads files for values that begin with file:// and the web for others; inside its JSON input they are what they are
 * (docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html).
 */
function download(origin: FileOrigin): string {
  if (origin.kind === 'https') {
    const options = "--globoff --fail --silent --show-error --location --proto '=https' --retry 2 --max-time 1800";
    return `url=${quoted(origin.url)}\ncurl ${options} --output "$part" --url "$url"`;
  }
  const { bucket: Bucket, key: Key, versionId: VersionId } = origin;
  const request = JSON.stringify({ Bucket, Key, ...(VersionId === undefined ? {} : { VersionId }) });
  return `request=${quoted(request)}\naws s3api get-object --cli-input-json "$request" "$part" >/dev/null`;
}

/** One word of the shell that means nothing but itself (POSIX.1-2024, Shell Command Language, 2.2.2). */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
