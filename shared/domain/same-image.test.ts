import { expect, it } from 'vitest';
import type { RecordedArtifact } from './artifact.ts';
import { parseDigest } from './digest.ts';
import { isSameImage } from './same-image.ts';

function digestOf(digit: string) {
  const digest = parseDigest(`sha256:${digit.repeat(64)}`);
  if (digest === undefined) throw new Error(digit);
  return digest;
}

const [index, arm, amd, other] = [digestOf('0'), digestOf('1'), digestOf('2'), digestOf('3')];

function recorded(...children: readonly string[]): RecordedArtifact {
  const list = children.map((digit) => ({ digest: digestOf(digit), os: 'linux', architecture: 'arm64' }));
  const manifest = { mediaType: 'm', size: 1, children: list };
  const artifact = { type: 'docker/image', name: 'r', reference: 'r', metadata: {}, uuid: 'u' };
  return { artifact, firstSeenAt: 0, manifest, rev: 1 };
}

it.each([
  ['equal digests, although nothing is recorded', index, index, {}, true],
  ['a child of the wanted index', index, arm, { wanted: recorded('1', '2') }, true],
  ['the index of the wanted child', amd, index, { observed: recorded('1', '2') }, true],
  ['two children of one index', arm, amd, { wanted: recorded(), observed: recorded() }, false],
  ['a stranger', index, other, { wanted: recorded('1', '2'), observed: recorded() }, false],
  ['the index of others', other, index, { observed: recorded('1', '2') }, false],
  ['nothing recorded', index, arm, {}, false],
] as const)('%s', (_, wanted, observed, known, same) => {
  expect(isSameImage(wanted, observed, known)).toBe(same);
});
