import { lstat, mkdir, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, relative, sep } from 'node:path';
import { Failure } from '../../../domain/failure.ts';

const maxPathBytes = 1024;

/**
 * The real folder that a step's `path` means, inside one of the roots also after following the symbolic links of what exists.
 * Relative paths start at the first root. Roots are made if they are missing; the folder itself is not.
 */
export async function resolvePlace(path: string, roots: readonly string[]): Promise<string> {
  if (path.includes('\0') || Buffer.byteLength(path) > maxPathBytes) {
    throw new Failure('pathNotAllowed', `path must have at most ${maxPathBytes} bytes and no NUL`);
  }
  const [first] = roots;
  if (first === undefined) throw new Failure('pathNotAllowed', 'no folder is set that directory steps may write under');
  const wanted = normalize(isAbsolute(path) ? path : join(first, path));
  const real = await realPlace(wanted);
  for (const root of roots) {
    await mkdir(root, { recursive: true });
    // Both: a link out of the root is not followed, and a link into it from elsewhere is not a way in.
    if (isInside(wanted, normalize(root)) && isInside(real, await realpath(root))) return real;
  }
  throw new Failure(
    'pathNotAllowed',
    `${path} is not inside a folder that directory steps may write under (WAYBILL_DEPLOY_ROOTS)`,
  );
}

function isInside(path: string, root: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The real path of what exists, with the rest behind it: the rest has no links because it is not there. */
async function realPlace(path: string): Promise<string> {
  const found = await realIfThere(path);
  if (found !== undefined) return found;
  // Another deployment may just have made it. A link whose target is missing is there too, and may get its target later.
  if (await isThere(path)) return (await realIfThere(path)) ?? fail(path);
  const parent = dirname(path);
  return join(await realPlace(parent), relative(parent, path));
}

async function realIfThere(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    return isMissing(error) ? undefined : fail(path, error);
  }
}

function fail(path: string, cause?: unknown): never {
  throw new Failure('pathNotAllowed', `${path} cannot be followed to a folder`, { cause });
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    return !isMissing(error);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
