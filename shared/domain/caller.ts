/** Who calls: made by the token check only. */
export interface Caller {
  readonly subject: string;
  readonly groups: readonly string[];
}

export const adminGroup = 'waybill-admins';
export const operatorGroup = 'waybill-operators';

export function isAdmin(caller: Caller): boolean {
  return caller.groups.includes(adminGroup);
}
