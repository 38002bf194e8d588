/** Epoch ms as the contract writes times: RFC 3339, UTC. */
export function presentTime(at: number): string {
  return new Date(at).toISOString();
}

export function presentOptionalTime(at: number | undefined): string | undefined {
  return at === undefined ? undefined : presentTime(at);
}
