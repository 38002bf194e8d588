// Runs before every npm script, under whatever Node the machine has (20 or later): plain JavaScript, no dependencies.
// Installs the packages if they are missing or the lock file has changed since.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The lock file's hash, written after an installation: a checkout may make its time newer without changing it. */
const stampName = join('node_modules', '.waybill-lock');

/** npm's own note of what it installed, written at the end of an installation: newer than the lock file = somebody ran npm. */
const npmNoteName = join('node_modules', '.package-lock.json');

export function isInstalled(root) {
  if (read(join(root, stampName)) === lockHash(root)) return true;
  return changedAt(join(root, npmNoteName)) > changedAt(join(root, 'package-lock.json'));
}

export function install(root, run = npmCi) {
  if (isInstalled(root)) return 0;
  process.stderr.write('Installing packages (once, and again when package-lock.json changes) …\n');
  const status = run(root);
  if (status !== 0) {
    process.stderr.write(
      'The packages could not be installed; npm says why above. This needs a reachable npm registry: check the network, ' +
        'the proxy settings (npm config get proxy) and the registry (npm config get registry), then run the command again.\n',
    );
    return status;
  }
  writeFileSync(join(root, stampName), lockHash(root));
  return 0;
}

function npmCi(root) {
  // npm says by which file it was started; `npm` on Windows is a script that only a shell can start.
  const npm = process.env.npm_execpath;
  // Warnings are about the Node that runs npm, and the service runs under its own.
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  // Standard output belongs to the command that follows.
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  const done = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  if (done.error) process.stderr.write(`${done.error.message}\n`);
  return done.status ?? 1;
}

function lockHash(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Epoch ms; 0 if there is no such file. */
function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  process.exitCode = install(join(dirname(fileURLToPath(import.meta.url)), '..'));
}
