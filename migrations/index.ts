/** Every migration in order. Forward only; a released one is never edited. */
import type { Migration } from 'kysely/migration';
import * as foundation from './0001-foundation';

export const migrations: Record<string, Migration> = {
  '0001-foundation': foundation,
};
