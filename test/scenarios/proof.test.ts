import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { canonicalJson } from '../../shared/domain/canonical-json.ts';
import type { Json } from '../../shared/domain/json.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { readProof } from '../fixtures/read-proof.ts';
import { createScenario, repository, type Scenario, shop } from '../fixtures/scenario.ts';

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

async function promoted() {
  world = await createScenario(tables);
  await world.put(shop());
  const digest = await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  await world.decide(await world.approval(id, 'prod'));
  const proof = (await world.ports.executions.proof(id, 1)) ?? '';
  const [key] = await world.ports.signer.keys();
  return { id, digest, proof, pem: key?.pem ?? '', keyId: key?.keyId };
}

function isSigned(proof: string, pem: string): boolean {
  const { payload, payloadType, signatures } = JSON.parse(proof);
  const body = Buffer.from(payload, 'base64');
  const header = Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `);
  return verify(
    'sha256',
    Buffer.concat([header, body]),
    createPublicKey(pem),
    Buffer.from(signatures[0].sig, 'base64'),
  );
}

it('is verified with the public key alone, and not after a byte was changed', async () => {
  const { proof, pem, keyId } = await promoted();
  expect(isSigned(proof, pem)).toBe(true);
  const envelope = JSON.parse(proof);
  expect(envelope).toMatchObject({ payloadType: 'application/vnd.in-toto+json', signatures: [{ keyid: keyId }] });
  const text = Buffer.from(envelope.payload, 'base64').toString().replace('"alice"', '"alicf"');
  expect(isSigned(JSON.stringify({ ...envelope, payload: Buffer.from(text).toString('base64') }), pem)).toBe(false);
});

it('names what was deployed, who approved which digest, and what was wanted and observed where', async () => {
  const { id, digest, proof } = await promoted();
  const statement = readProof(proof);
  expect(statement).toMatchObject({
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: 'https://waybill.dev/promotion/v1',
    subject: [{ name: repository, digest: { sha256: digest.slice(7) } }],
    predicate: { executionId: id, pipeline: 'shop', definedBy: 'admin', attempt: 1 },
  });
  expect(statement.predicate.evidence).toContainEqual(
    expect.objectContaining({
      kind: 'approval',
      stage: 'prod',
      subject: 'alice',
      decision: 'approve',
      digests: [digest],
    }),
  );
  expect(statement.predicate.environments).toEqual(
    ['pre', 'prod'].map((name) =>
      expect.objectContaining({ name, step: `${name}/main/deploy`, wanted: digest, observed: digest }),
    ),
  );
});

it('chains its evidence: each piece holds the sha256 of the one before it in canonical JSON', async () => {
  const { proof } = await promoted();
  const { evidence } = readProof(proof).predicate;
  expect(evidence.length).toBeGreaterThan(4);
  let previous: string | null = null;
  for (const [index, piece] of evidence.entries()) {
    expect(piece).toMatchObject({ seq: index + 1, previous });
    previous = createHash('sha256')
      .update(canonicalJson(piece as Json))
      .digest('hex');
  }
});

const hasTools = ['openssl', 'python3', 'bash'].every((tool) => {
  try {
    execFileSync(tool, [tool === 'openssl' ? 'version' : '--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

/** The commands of the page, so that what people read is what is run. */
async function commandsOf(page: string, heading: string): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '..', '..', 'docs', page), 'utf8');
  const found = text.split(`## ${heading}`)[1]?.match(/```sh\n([\s\S]*?)```/)?.[1];
  if (found === undefined) throw new Error(`docs/${page} has no commands under "${heading}"`);
  return found;
}

it.skipIf(!hasTools)('the commands of docs/proof.md verify it with openssl, and refuse a changed one', async () => {
  const { proof, pem, digest } = await promoted();
  const folder = await mkdtemp(join(tmpdir(), 'waybill-proof-'));
  try {
    const commands = await commandsOf('proof.md', 'Verify the signature');
    const subject = await commandsOf('proof.md', 'Compare the digest');
    const chain = await commandsOf('proof.md', 'Check the chain of evidence');
    await writeFile(join(folder, 'key.pem'), pem);
    await writeFile(join(folder, 'proof.json'), proof);
    const run = (text: string) =>
      execFileSync('bash', ['-euo', 'pipefail', '-c', text], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
    expect(run(commands)).toContain('Verified OK');
    expect(run(subject)).toContain(digest.slice(7));
    expect(run(chain)).toMatch(/^\d+ pieces of evidence, chain complete\n$/);
    const envelope = JSON.parse(proof);
    const text = Buffer.from(envelope.payload, 'base64').toString().replace('"alice"', '"alicf"');
    const changed = { ...envelope, payload: Buffer.from(text).toString('base64') };
    await writeFile(join(folder, 'proof.json'), JSON.stringify(changed));
    expect(() => run(commands)).toThrow();
    expect(() => run(chain)).toThrow(/does not follow/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
