import type { Page, PageRequest } from '../domain/page.ts';
import type { RetentionState } from '../domain/retention.ts';

export interface RetentionStore {
  /** Every pipeline that there is or was, by name. */
  pipelines(page: PageRequest): Promise<Page<string>>;
  state(): Promise<RetentionState | undefined>;
  /** Writes if `rev` is the stored one (0 = absent); undefined on conflict. */
  saveState(state: RetentionState): Promise<RetentionState | undefined>;
}
