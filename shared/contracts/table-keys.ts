/** Names that the table's declaration (infra, embedded engine) and its adapter must share. */
export const tableKeys = { partition: 'pk', sort: 'sk', expiry: 'expiresAt' } as const;

/** Three overloaded indexes, KEYS_ONLY: each kind of item says what it means by them. */
export const tableIndexes = [
  { name: 'gsi1', partition: 'gsi1pk', sort: 'gsi1sk' },
  { name: 'gsi2', partition: 'gsi2pk', sort: 'gsi2sk' },
  { name: 'gsi3', partition: 'gsi3pk', sort: 'gsi3sk' },
] as const;

export type TableIndex = (typeof tableIndexes)[number]['name'];

export const defaultTableName = 'waybill';
