/** What directories are made of. */
import type { Clock } from '../clock';
import type { Config } from '../config';
import type { EphemeralStore } from '../storage/ephemeral/port';
import type { Queryable } from '../storage/tables';

export interface DirectoryParts {
  db: Queryable;
  clock: Clock;
  config: Pick<Config, 'companyDirectories' | 'dadataUrl' | 'dadataApiKey'>;
  /** Keeps answers of outside directories for a while; absent: every question is asked anew. */
  store?: EphemeralStore;
}
