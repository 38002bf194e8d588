/** An API token as stored: its text only as sha256. */
export interface ApiToken {
  readonly id: string;
  readonly subject: string;
  readonly groups: readonly string[];
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt?: number;
}
