import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { approval } from '../../shared/contracts/approvals.ts';
import { listOf } from '../../shared/contracts/common.ts';
import { environment } from '../../shared/contracts/environments.ts';
import { execution, listedExecution } from '../../shared/contracts/executions.ts';
import { publicKey } from '../../shared/contracts/keys.ts';
import { savedPipeline } from '../../shared/contracts/pipelines.ts';
import { createdToken } from '../../shared/contracts/tokens.ts';
import { type Api, createApi } from './api.ts';
import { eventually, expectEqual } from './expect.ts';
import { digestOfTag, pushImage } from './push-image.ts';
import { editionOf, shopPipeline, websiteFiles } from './shop-pipeline.ts';
import { short, type Timeline } from './timeline.ts';
import { envelope, type Statement, verifyProof } from './verify-proof.ts';
import { websiteImage } from './website-image.ts';

export interface Stage {
  readonly url: string;
  readonly adminToken: string;
  /** Folder that the pipeline deploys under. */
  readonly site: string;
  readonly timeline: Timeline;
}

interface Scene extends Stage {
  readonly admin: Api;
  readonly alice: Api;
  readonly repository: { readonly url: string; readonly repository: string };
}

type Approval = z.infer<typeof approval>;
type Execution = z.infer<typeof execution>;

const tag = 'shop-V1.0';
const first = websiteImage(websiteFiles('First edition'));
const second = websiteImage(websiteFiles('Second edition'));

/** From a push to a proof. Throws at whatever is not as it should be. */
export async function tellStory(stage: Stage): Promise<void> {
  const scene = await prepare(stage);
  const waiting = await push(scene);
  const overtaken = await moveTag(scene);
  await approve(scene, waiting);
  const done = await production(scene, { waiting, overtaken });
  await audit(scene, done);
}

async function prepare(stage: Stage): Promise<Scene> {
  const { url, timeline } = stage;
  const admin = createApi(url, stage.adminToken);
  await admin.send({ method: 'PUT', path: '/v1/pipelines/shop', body: shopPipeline }, savedPipeline);
  timeline.event('pipeline "shop" is in place: each push of shop-V* goes to pre-release,');
  timeline.detail('and to production once somebody of release-managers approved that digest');
  const body = { subject: 'alice', groups: ['release-managers'] };
  const { token } = await admin.send({ method: 'POST', path: '/v1/tokens', body }, createdToken);
  return { ...stage, admin, alice: createApi(url, token), repository: { url, repository: 'demo/shop' } };
}

async function push(scene: Scene): Promise<Approval> {
  const { timeline, site } = scene;
  timeline.chapter('A push');
  const digest = await pushImage(scene.repository, tag, first);
  timeline.event(`an image is pushed as demo/shop:${tag}`);
  timeline.detail(`its digest is ${short(digest)}; from here on the tag does not matter`);
  await eventually('pre-release to show the first edition', async () => shows(site, 'pre-release', 'First edition'));
  timeline.event('pre-release shows "First edition", unpacked from exactly that digest');
  const approval = await eventually('an approval for the first digest', () => approvalOf(scene, digest));
  expectEqual('what production shows before the approval', await editionIn(site, 'production'), undefined);
  timeline.event(`production is empty and waits for an approval of ${short(digest)}`);
  return approval;
}

/** Answers the second digest's approval. */
async function moveTag(scene: Scene): Promise<Approval> {
  const { timeline, site } = scene;
  timeline.chapter('Meanwhile, the tag moves');
  const digest = await pushImage(scene.repository, tag, second);
  expectEqual('the digest of the tag', await digestOfTag(scene.repository, tag), digest);
  timeline.event(`somebody pushes other bytes under the same tag: ${tag} is ${short(digest)} now`);
  await eventually('pre-release to show the second edition', async () => shows(site, 'pre-release', 'Second edition'));
  const approval = await eventually('an approval for the second digest', () => approvalOf(scene, digest));
  timeline.event('that is an execution of its own, which tries "Second edition" in pre-release');
  return approval;
}

async function approve({ alice, timeline }: Scene, { id }: Approval): Promise<void> {
  timeline.chapter('A person decides');
  const path = `/v1/approvals/${id}/decisions`;
  const other = await alice.status({
    method: 'POST',
    path,
    body: { decision: 'approve', digest: second.manifest.digest },
  });
  expectEqual('the answer to an approval of another digest', other, 409);
  timeline.event(`alice approves the digest that the tag has now: refused (${other}), it is not what was asked for`);
  const given = await alice.status({
    method: 'POST',
    path,
    body: { decision: 'approve', digest: first.manifest.digest, comment: 'looked at it in pre-release' },
  });
  expectEqual('the answer to the approval', given, 200);
  timeline.event(`alice approves ${short(first.manifest.digest)}`);
}

/** Answers the execution that carried the first digest through. */
async function production(
  scene: Scene,
  { waiting, overtaken }: { readonly waiting: Approval; readonly overtaken: Approval },
): Promise<Execution> {
  const { timeline, site, admin } = scene;
  const done = await eventually('the first execution to end', async () => {
    const seen = await admin.get(`/v1/executions/${waiting.executionId}`, execution);
    return seen.status === 'running' || seen.status === 'queued' ? undefined : seen;
  });
  expectEqual('the outcome of the first execution', done.status, 'succeeded');
  expectEqual('what production shows', await editionIn(site, 'production'), 'First edition');
  expectEqual('the digest in production', await digestIn(admin, 'production'), first.manifest.digest);
  expectEqual(
    'what the tag stands for',
    await digestOfTag(scene.repository, tag),
    overtaken.artifacts[0]?.digest ?? 'nothing',
  );
  timeline.event('production shows "First edition": what was approved, not what the tag says now');
  const others = await admin.get('/v1/executions?pipeline=shop&status=running', listOf(listedExecution));
  expectEqual('the executions that still run', others.items.map(({ id }) => id).join(), overtaken.executionId);
  timeline.event(`the second execution waits for an approval of its own, ${short(second.manifest.digest)}`);
  return done;
}

async function audit({ admin, timeline }: Scene, { id }: Execution): Promise<void> {
  timeline.chapter('The proof');
  const proof = await admin.get(`/v1/executions/${id}/proof`, envelope);
  const { items } = await admin.get('/v1/keys', listOf(publicKey));
  const pem = items.find(({ keyId }) => keyId === proof.signatures[0]?.keyid)?.pem ?? '';
  const statement = verifyProof(proof, pem);
  if (statement === undefined) throw new Error('Expected the proof to verify with the public key, but it does not.');
  timeline.event('the proof verifies with the public key alone (ECDSA P-256, in-toto statement)');
  expectProven(statement);
  for (const { name, wanted, observed } of statement.predicate.environments) {
    timeline.detail(`${name.padEnd(12)} wanted ${short(wanted)}, observed ${short(observed)}`);
  }
  const forged = Buffer.from(proof.payload, 'base64').toString().replaceAll('alice', 'mallo');
  const changed = { ...proof, payload: Buffer.from(forged).toString('base64') };
  expectEqual('a proof with another name in it', verifyProof(changed, pem), undefined);
  timeline.event('with one name changed in it, it verifies no more');
}

function expectProven({ subject, predicate }: Statement): void {
  const { digest } = first.manifest;
  expectEqual('the subject of the proof', subject.map((one) => `sha256:${one.digest.sha256}`).join(), digest);
  const places = predicate.environments.map(({ name, wanted, observed }) => `${name} ${wanted} ${observed}`);
  expectEqual(
    'the environments of the proof',
    places.join(),
    `pre-release ${digest} ${digest},production ${digest} ${digest}`,
  );
  expectEqual('the approver in the proof', JSON.stringify(predicate.evidence).includes('"alice"'), true);
}

async function approvalOf({ alice }: Scene, digest: string): Promise<Approval | undefined> {
  const { items } = await alice.get('/v1/approvals?status=pending', listOf(approval));
  return items.find(({ artifacts }) => artifacts.some((one) => one.digest === digest));
}

async function digestIn(admin: Api, name: string): Promise<string | undefined> {
  const { items } = await admin.get('/v1/environments', listOf(environment));
  return items.find((one) => one.name === name)?.heads[0]?.digest;
}

async function shows(site: string, place: string, edition: string): Promise<true | undefined> {
  return (await editionIn(site, place)) === edition ? true : undefined;
}

async function editionIn(site: string, place: string): Promise<string | undefined> {
  const html = await readFile(join(site, place, 'current', 'index.html'), 'utf8').catch(() => undefined);
  return html === undefined ? undefined : editionOf(html);
}
