/** Every migration in order. Forward only; a released one is never edited. */
import type { Migration } from 'kysely/migration';
import * as foundation from './0001-foundation';
import * as companies from './0002-companies';

export const migrations: Record<string, Migration> = {
  '0001-foundation': foundation,
  '0002-companies': companies,
};
