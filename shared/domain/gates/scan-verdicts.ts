import type { Fact, Severities } from '../fact.ts';
import { worstSeverities } from './severity-limit.ts';

type Scanned = Extract<Fact, { readonly kind: 'scanned' }>;

/** What is known to be inside of an image from a moment on. */
export interface ScanVerdict {
  /** Epoch ms. */
  readonly at: number;
  readonly severities: Severities;
}

/**
 * What scans and the findings after them say, newest first like the facts that it is given. A scan that failed, or gave no
 * numbers, says nothing of what is inside, so it takes no earlier verdict's place. A single finding makes the verdict before it
 * worse and is none by itself; the next scan holds it.
 */
export function scanVerdicts(facts: readonly Scanned[]): readonly ScanVerdict[] {
  const verdicts: ScanVerdict[] = [];
  let present: Severities | undefined;
  for (const { status, uncounted, finding, at, severities } of facts.toReversed()) {
    if (status !== 'complete' || uncounted) continue;
    if (finding && present === undefined) continue;
    present = finding && present !== undefined ? worstSeverities([present, severities]) : severities;
    verdicts.push({ at, severities: present });
  }
  return verdicts.reverse();
}
