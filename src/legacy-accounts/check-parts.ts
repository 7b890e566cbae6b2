import type { PasswordHasher } from '../accounts/passwords';
import type { Clock } from '../clock';
import type { Config } from '../config';
import type { Database } from '../storage/tables';

/** What a check of old passwords may be made of. */
export interface LegacyCheckParts {
  db: Database;
  clock: Clock;
  config: Pick<Config, 'legacyCheck' | 'legacyCheckUrl' | 'legacyCheckToken'>;
  passwords: Pick<PasswordHasher, 'verify'>;
}
