/** The same call again has the same id: it is a hash over its receiver and what the sender calls it (design 4). */
export function deliveryId(receiver: string, key: string, sha256: (data: string) => string): string {
  return `dlv_${sha256(JSON.stringify([receiver, key])).slice(0, 32)}`;
}
