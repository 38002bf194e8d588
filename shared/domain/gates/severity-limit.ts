import type { Severities } from '../fact.ts';
import type { ScanGate } from '../pipeline.ts';

interface Findings {
  readonly total: number;
  /** Absent = the scanner does not say. */
  readonly fixable?: number;
}

export type SeverityVerdict =
  | { readonly kind: 'within' }
  /** `unjudged`: only fixable findings count and the scanner did not say which are (ruling 7): no grace for that. */
  | { readonly kind: 'over' | 'unjudged'; readonly message: string };

/** One scan against the gate's limits; a severity that the scan does not name has no findings. */
export function judgeSeverities(
  severities: Severities,
  gate: Pick<ScanGate, 'maxSeverity' | 'fixableOnly'>,
): SeverityVerdict {
  const judged = Object.entries(gate.maxSeverity).map(([severity, most]) => {
    const findings = findingsOf(severities, severity);
    const count = gate.fixableOnly ? findings.fixable : findings.total;
    return { severity, most, count, total: findings.total };
  });
  const unjudged = judged.find(({ count }) => count === undefined);
  if (unjudged) {
    const message = `${unjudged.severity}: ${unjudged.total} found, and the scan does not say how many are fixable.`;
    return { kind: 'unjudged', message };
  }
  const over = judged.filter(({ count, most }) => count !== undefined && count > most);
  if (over.length === 0) return { kind: 'within' };
  const what = gate.fixableOnly ? 'fixable findings' : 'findings';
  const parts = over.map(({ severity, count, most }) => `${count} ${severity} ${what}, at most ${most} allowed`);
  return { kind: 'over', message: `${parts.join('; ')}.` };
}

/** The maximum of each severity (design 7). Fixable is unknown as soon as one of those with findings does not say. */
export function worstSeverities(all: readonly Severities[]): Severities {
  const names = new Set(all.flatMap((severities) => Object.keys(severities)));
  return Object.fromEntries(
    [...names].map((name) => {
      const findings = all.map((severities) => findingsOf(severities, name));
      const total = Math.max(...findings.map((one) => one.total));
      const fixables = findings.map((one) => one.fixable);
      const known = fixables.filter((fixable) => fixable !== undefined);
      return [name, known.length < fixables.length ? { total } : { total, fixable: Math.max(...known) }];
    }),
  );
}

function findingsOf(severities: Severities, severity: string): Findings {
  const value = Object.hasOwn(severities, severity) ? severities[severity] : undefined;
  const findings: Findings = typeof value === 'object' ? value : { total: value ?? 0 };
  return findings.total === 0 ? { total: 0, fixable: 0 } : findings;
}
