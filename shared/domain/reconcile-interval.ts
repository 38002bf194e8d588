import { parseDuration } from './duration.ts';

const defaultMs = 3_600_000;
const [shortest, longest] = [5 * 60_000, 7 * 86_400_000];

/** What the setting WAYBILL_RECONCILE says: how often repositories are compared with their registries, ms. Default an hour. */
export function parseReconcileInterval(
  text: string | undefined,
): { readonly kind: 'every'; readonly everyMs: number } | { readonly kind: 'off' | 'invalid' } {
  if (text === undefined) return { kind: 'every', everyMs: defaultMs };
  if (text === 'off') return { kind: 'off' };
  const everyMs = parseDuration(text);
  return everyMs === undefined || everyMs < shortest || everyMs > longest
    ? { kind: 'invalid' }
    : { kind: 'every', everyMs };
}

export const reconcileIntervalRule = 'a duration from 5m to 7d, or off';
