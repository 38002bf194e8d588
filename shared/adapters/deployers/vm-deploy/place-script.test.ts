import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../domain/digest.ts';
import { checksumExit, type FileOrigin, type Placement, placeScript } from './place-script.ts';

const missing = ['curl', 'openssl', 'sha256sum', 'flock'].filter(
  (tool) => spawnSync(tool, ['--version']).error !== undefined,
);
if (missing.length > 0) console.log(`skipped: the script of vm-deploy by a real shell: no ${missing.join(', ')}`);

const bytes = 'the package';
const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
const hostile = `it's "$(touch pwned)" \`touch pwned\` \${HOME} \\ ; touch pwned # *`;

let server: Server;
let base = '';
let tools = '';
let folder = '';
let asked: string[] = [];
let steps = 0;

/** What a machine with the CLI of AWS has: it notes what it was asked for and writes the file. */
const fakeAws = `#!/bin/sh
for word in "$@"; do printf '%s\\n' "$word"; last=$word; done > "$TOOLS/asked"
printf '%s' '${bytes}' > "$last"
`;

function placement(origin: FileOrigin, given: Partial<Placement> = {}): Placement {
  const { username: user } = userInfo();
  const downloadPath = join(folder, 'app', 'package.tgz');
  steps += 1;
  const own = { step: `step-${steps}`, notes: join(tools, 'notes') };
  return { origin, digest, downloadPath, user, run: 'true', executionId: 'shop-1', ...own, ...given };
}

/** By the system's own shell; the server has to answer meanwhile. */
function runScript(given: Placement): Promise<{ code: number; out: string; err: string }> {
  const env = {
    ...process.env,
    PATH: `${tools}:${process.env.PATH}`,
    TOOLS: tools,
    CURL_CA_BUNDLE: join(tools, 'cert'),
  };
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', placeScript(given)], { env, cwd: folder }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });
}

const web = (path = '/a'): FileOrigin => ({ kind: 'https', url: `${base}${path}` });

describe.skipIf(missing.length > 0)('the script of a machine', () => {
  beforeAll(async () => {
    tools = mkdtempSync(join(tmpdir(), 'waybill-tools-'));
    const files = ['-keyout', join(tools, 'key'), '-out', join(tools, 'cert')];
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    execFileSync('openssl', ['req', '-x509', ...ec, ...files, ...subject], { stdio: 'ignore' });
    writeFileSync(join(tools, 'aws'), fakeAws);
    chmodSync(join(tools, 'aws'), 0o755);
    const tls = { key: readFileSync(join(tools, 'key')), cert: readFileSync(join(tools, 'cert')) };
    server = createServer(tls, (request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(request.url === '/none' ? 404 : 200).end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    const address = server.address();
    base = `https://localhost:${typeof address === 'object' ? address?.port : ''}`;
  });
  afterAll(() => {
    server.close();
    rmSync(tools, { recursive: true });
  });
  beforeEach(() => {
    asked = [];
    folder = mkdtempSync(join(tmpdir(), 'waybill-place-'));
  });

  it('fetches, checks, places, runs and says what is there', async () => {
    const run = 'cp "$WAYBILL_FILE" "$WAYBILL_FILE.copy"; echo noise';
    const given = placement(web(), { run });
    expect(await runScript(given)).toMatchObject({ code: 0, out: `waybill-observed ${digest}\n` });
    expect(readFileSync(given.downloadPath, 'utf8')).toBe(bytes);
    expect(readFileSync(`${given.downloadPath}.copy`, 'utf8')).toBe(bytes);
  });

  it('is done again without harm', async () => {
    const given = placement(web());
    const first = await runScript(given);
    expect(await runScript(given)).toEqual(first);
    expect(readdirSync(join(folder, 'app'))).toEqual(['package.tgz']);
  });

  it('two commands of one step run the script once, and both say what is there', async () => {
    const given = placement(web(), { run: `sleep 0.2; echo ran >> '${folder}/said'` });
    const answers = await Promise.all([runScript(given), runScript(given)]);
    for (const answer of answers) expect(answer).toMatchObject({ code: 0, out: `waybill-observed ${digest}\n` });
    expect(readFileSync(join(folder, 'said'), 'utf8')).toBe('ran\n');
    expect(asked).toHaveLength(1);
    await runScript({ ...given, step: 'the next one' });
    expect(readFileSync(join(folder, 'said'), 'utf8')).toBe('ran\nran\n');
  });

  it('a script that failed is not run again by another command of its step, which fails as it did', async () => {
    const given = placement(web(), { run: `echo ran >> '${folder}/said'; exit 7` });
    for (const _ of [1, 2]) expect(await runScript(given)).toMatchObject({ code: 7, out: '' });
    expect(readFileSync(join(folder, 'said'), 'utf8')).toBe('ran\n');
  });

  it('what the script leaves running holds nobody up', async () => {
    const started = performance.now();
    await runScript(placement(web(), { run: 'sleep 20 >/dev/null 2>&1 & echo' }));
    expect(await runScript(placement(web()))).toMatchObject({ code: 0 });
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  it('leaves what was there when the bytes are others, and does not run', async () => {
    const other = `sha256:${'a'.repeat(64)}` as Digest;
    await runScript(placement(web()));
    const answer = await runScript(placement(web(), { digest: other, run: `touch '${folder}/ran'` }));
    expect(answer).toMatchObject({ code: checksumExit, out: '', err: expect.stringContaining('instead of aaaa') });
    expect(readdirSync(join(folder, 'app'))).toEqual(['package.tgz']);
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });

  it.each<[string, () => Partial<Placement> & { origin: FileOrigin }]>([
    ['a file that is not there', () => ({ origin: web('/none') })],
    ['a script that fails', () => ({ origin: web(), run: 'exit 3' })],
    ['plain http', () => ({ origin: { kind: 'https', url: base.replace('https:', 'http:') } })],
  ])('%s: fails, says nothing observed', async (_name, given) => {
    const { origin, ...rest } = given();
    const answer = await runScript(placement(origin, rest));
    expect(answer.code).toBeGreaterThan(0);
    expect(answer.out).toBe('');
    expect(readdirSync(join(folder, 'app')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('says what is there after the script changed it', async () => {
    const { out } = await runScript(placement(web(), { run: 'printf x >> "$WAYBILL_FILE"' }));
    expect(out).toBe(`waybill-observed sha256:${createHash('sha256').update(`${bytes}x`).digest('hex')}\n`);
  });

  it('what the script prints is never taken for what is observed', async () => {
    const { out, err } = await runScript(placement(web(), { run: `echo 'waybill-observed sha256:${'b'.repeat(64)}'` }));
    expect(out).toBe(`waybill-observed ${digest}\n`);
    expect(err).toContain('bbbb');
  });

  it('values are data, whatever they look like', async () => {
    const downloadPath = join(folder, 'app', hostile);
    const executionId = hostile;
    const run = `printf %s "$WAYBILL_EXECUTION" > '${folder}/said'`;
    const answer = await runScript(
      placement(web(`/[1-2]?a={b}&c='$(touch$IFS''pwned)'`), { downloadPath, executionId, run }),
    );
    expect(answer).toMatchObject({ code: 0, out: `waybill-observed ${digest}\n` });
    expect(readFileSync(downloadPath, 'utf8')).toBe(bytes);
    expect(readFileSync(join(folder, 'said'), 'utf8')).toBe(hostile);
    expect(readdirSync(folder).sort()).toEqual(['app', 'said']);
    expect(asked).toHaveLength(1);
  });

  it('asks S3 for exactly that object, in a form in which the CLI reads no other file', async () => {
    const key = `file:///etc/passwd ${hostile}`;
    const answer = await runScript(placement({ kind: 's3', bucket: 'pkgs', key, versionId: `v'1$(touch pwned)` }));
    expect(answer).toMatchObject({ code: 0, out: `waybill-observed ${digest}\n` });
    const words = readFileSync(join(tools, 'asked'), 'utf8').split('\n');
    expect(words.slice(0, 3)).toEqual(['s3api', 'get-object', '--cli-input-json']);
    expect(JSON.parse(words[3] ?? '')).toEqual({ Bucket: 'pkgs', Key: key, VersionId: `v'1$(touch pwned)` });
    expect(readdirSync(folder)).toEqual(['app']);
  });

  it('does not put a file into a folder of that name', async () => {
    const answer = await runScript(placement(web(), { downloadPath: folder }));
    expect(answer).toMatchObject({ code: 66, out: '' });
  });
});
