import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksUnder, commandsUnder } from '../fixtures/documented-commands.ts';
import { ociImage } from '../fixtures/oci-image.ts';
import { writeOciLayout } from '../fixtures/oci-layout.ts';
import { type RunningService, startService } from '../fixtures/running-service.ts';
import { type Shell, startShell } from '../fixtures/shell.ts';
import { skopeoMissing } from '../fixtures/skopeo.ts';
import { thorough } from '../fixtures/thorough.ts';

const root = join(import.meta.dirname, '..', '..');
const missing = missingOf(['bash', 'curl', 'openssl', 'tar']);
if (missing !== '') console.log(`skipped: the README's walk-through: not on the PATH: ${missing}`);

/** The commands of the README in their order, each with what must come of it; null = not run here. */
const walk: readonly (readonly [begin: string, output: RegExp | null])[] = [
  ['npm start', null],
  ['export WAYBILL=', /^$/],
  ['export TOKEN=', /^$/],
  ['json()', /^$/],
  ['curl -sS -X PUT $WAYBILL/v1/pipelines/shop', /"name": "shop",\s+"version": "\w+"/],
  ['docker pull', null],
  ['docker tag', null],
  ['docker push', null],
  ['skopeo copy', null],
  ['examples/push-folder.sh docs', /^localhost:\d+\/team\/shop:shop-V1\.0 is sha256:[0-9a-f]{64}$/],
  ['until ls .waybill/sites/shop/pre/current/', /^design\.md$/m],
  ['export ALICE=', /^$/],
  ['until curl -sS "$WAYBILL/v1/approvals?status=pending"', /^"digest": "sha256:[0-9a-f]{64}"$/m],
  ['export APPROVAL=', /^$/],
  ['export DIGEST=', /^$/],
  ['curl -sS -X POST $WAYBILL/v1/approvals/$APPROVAL/decisions', /"status": "approved"[\s\S]*"subject": "alice"/],
  ['until curl -sS $WAYBILL/v1/environments', /"name": "shop-production"[\s\S]*"since"[\s\S]*"executionId": "shop-/],
  ['ls .waybill/sites/shop/prod/current/', /^design\.md$/m],
  ['export EXECUTION=', /^$/],
  ['until curl -sSf $WAYBILL/v1/executions/$EXECUTION/proof', /^(curl: .*409\s*)*$/],
  ["node -p 'Buffer.from(JSON.parse(fs.readFileSync", /"_type": "https:\/\/in-toto.io[\s\S]*"subject": "alice"/],
  ['curl -sS -X POST $WAYBILL/v1/explain', /"matched": false,\s+"reason": "tagExcluded"/],
  ['curl -sS $WAYBILL/v1/deliveries', /"matched": true,\s+"reason": "matched"/],
];

describe.runIf(thorough && missing === '')('the README', { timeout: 60_000 }, () => {
  let folder: string;
  let service: RunningService;
  let shell: Shell;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waybill-walk-'));
    for (const name of ['examples', 'docs']) await symlink(join(root, name), join(folder, name));
    service = await startService({ dataDir: join(folder, '.waybill'), env: { WAYBILL_ADMIN_TOKEN: '' } });
    shell = startShell(folder);
  });
  afterAll(async () => {
    shell?.close();
    await service?.stop();
    await rm(folder ?? '', { recursive: true, force: true });
  });

  /** As documented, but for the port. */
  function here(command: string): string {
    const { host, port } = new URL(service.baseUrl);
    return command.replaceAll('127.0.0.1:8080', host).replaceAll('localhost:8080', `localhost:${port}`);
  }

  async function run(command: string): Promise<string> {
    const { status, output } = await shell.run(here(command));
    expect(status, `${command}\n${output}`).toBe(0);
    return output;
  }

  it('walks from a push to a proof, line by line', async () => {
    const commands = await commandsUnder('README.md', '## A walk-through in three minutes');
    expect(commands.map((command, index) => command.slice(0, walk[index]?.[0].length))).toEqual(
      walk.map(([begin]) => begin),
    );
    for (const [index, [, expected]] of walk.entries()) {
      const command = commands[index] ?? '';
      if (expected !== null) expect(await run(command), command).toMatch(expected);
    }
    const carried = await readFile(join(folder, '.waybill/sites/shop/prod/current/design.md'));
    expect(carried.equals(await readFile(join(root, 'docs/design.md')))).toBe(true);
  });

  const noPython = missingOf(['python3']);
  if (missing === '' && noPython !== '') console.log('skipped: docs/proof.md after the walk-through: no python3');
  it.skipIf(noPython !== '')('goes on in docs/proof.md with the same variables', async () => {
    for (const block of await blocksUnder('docs/proof.md', '## Get the proof and the key')) await run(block);
    const [verify = ''] = await blocksUnder('docs/proof.md', '## Verify the signature');
    expect(await run(verify)).toBe('Verified OK');
  });

  it('goes on in docs/senders/distribution.md', async () => {
    const [receiver = '', account = ''] = await blocksUnder('docs/senders/distribution.md', '## Set up');
    expect(await run(receiver)).toMatch(/^\{"name":"registry","type":"distribution","url":"\/v1\/hooks\/\w+"/);
    expect(await run(account)).toMatch(/^\{"name":"registry","type":"registry","host":"registry\.example\.com"/);
  });

  const noSkopeo = skopeoMissing();
  if (missing === '' && noSkopeo !== undefined) console.log(`skipped: the README's push with skopeo: ${noSkopeo}`);
  it.skipIf(noSkopeo !== undefined)('pushes with skopeo as well', async () => {
    const commands = await commandsUnder('README.md', '## A walk-through in three minutes');
    const documented = commands.find((command) => command.startsWith('skopeo copy')) ?? '';
    const image = ociImage({ hello: 'hello' });
    await writeOciLayout(image, join(folder, 'layout'), 'latest');
    await run(documented.replace('docker://docker.io/library/hello-world:latest', 'oci:layout:latest'));
    const pushed = async () =>
      (await shell.run('curl -sS $WAYBILL/v1/deliveries -H "Authorization: Bearer $TOKEN"')).output;
    expect(await pushed()).toContain(`"tag":"shop-V1.0","digest":"${image.digest}"`);
  });
});

function missingOf(programs: readonly string[]): string {
  const isThere = (program: string) =>
    spawnSync(program, [program === 'openssl' ? 'version' : '--version'], { stdio: 'ignore' }).error === undefined;
  return programs.filter((program) => !isThere(program)).join(', ');
}
