/** The operator's own table, filled by `companies import`. */
import { unavailability } from '../../storage/postgres';
import { isPersonInn } from '../identifiers';
import type { CompanyDirectory, CompanyLookup } from '../directory';
import type { DirectoryParts } from '../directory-parts';
import { findDirectoryRow, type DirectoryRow } from '../store';

const NAME = 'local';

export function createLocalDirectory({ db }: DirectoryParts): CompanyDirectory {
  return {
    name: NAME,
    find: async ({ inn, kpp }) => {
      try {
        const row = await findDirectoryRow(db, { inn, kpp: isPersonInn(inn) ? null : (kpp ?? null) });
        return row ? found(row) : { outcome: 'absent' };
      } catch (error) {
        if (!unavailability(error)) throw error;
        return { outcome: 'unavailable', reason: 'database' };
      }
    },
  };
}

function found({ updatedAt, email: _, ...facts }: DirectoryRow): CompanyLookup {
  return { outcome: 'found', company: { ...facts, source: NAME, checkedAt: updatedAt } };
}
