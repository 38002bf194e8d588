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
  /** Of this step alone: what was done under it is not done again on the same machine. */
  readonly step: string;
  /** Where the machine notes it. Default: `/var/lib/waybill`, which root may write. */
  readonly notes?: string;
}

/** What the script exits with where the bytes are others. */
export const checksumExit = 65;

/**
 * The script of one machine, for any POSIX shell. Every value is data in single quotes. The file is put in place by a rename, after
 * its sum was checked; standard output has the last line only, since Systems Manager keeps little of it: what the user's script prints
 * goes to standard error. Needs sha256sum, mktemp, flock, curl or the AWS CLI, and runuser where another user is to run the script.
 *
 * SendCommand has no token of the caller's, so a command may come twice, or two at once: the machine itself is where they meet. One
 * waits for the other, and what ran to its end under a step is answered from the note of it.
 */
export function placeScript(placement: Placement): string {
  const { digest, downloadPath, user, run, executionId, step, notes = '/var/lib/waybill' } = placement;
  return `set -eu
path=${quoted(downloadPath)}
user=${quoted(user)}
want=${quoted(digestHex(digest))}
run=${quoted(run)}
sum() { sha256sum < "$1" | cut -c 1-64; }
step=${quoted(step)}
notes=${quoted(notes)}
mkdir -p -m 0700 -- "$notes"
note=$notes/$(printf %s "$path" | sha256sum | cut -c 1-64)
exec 9>"$note.lock"
flock 9
if [ -f "$note.step" ]; then
  read -r last code < "$note.step" || last=
  if [ "$last" = "$step" ]; then
    if [ "$code" != 0 ]; then echo "The script ran here before and ended with $code." >&2; exit "$code"; fi
    echo "waybill-observed sha256:$(sum "$path")"
    exit 0
  fi
fi
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
code=0
if [ "$me" = "$user" ]; then sh -c "$run" </dev/null >&2 9>&- || code=$?
else
  HOME=$(getent passwd "$user" | cut -d : -f 6)
  export HOME
  runuser -u "$user" -- sh -c "$run" </dev/null >&2 9>&- || code=$?
fi
echo "$step $code" > "$note.new"
mv -f -- "$note.new" "$note.step"
[ "$code" = 0 ] || exit "$code"
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
