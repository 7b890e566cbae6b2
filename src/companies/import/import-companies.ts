/** Fills the local directory from a file: all of its good lines in one transaction, or nothing. */
import { recordEvent } from '../../audit/store';
import type { Clock } from '../../clock';
import type { Database } from '../../storage/tables';
import type { CompanyFile } from './directory-file';
import { analyseDirectory, countDirectoryRows, upsertDirectoryRows, type DirectoryEntry } from '../store';

/** Rows of one statement. */
const BATCH = 2000;

export interface ImportCounts {
  added: number;
  updated: number;
}

function* batches(entries: readonly DirectoryEntry[]): Generator<readonly DirectoryEntry[]> {
  for (let at = 0; at < entries.length; at += BATCH) yield entries.slice(at, at + BATCH);
}

/** Stores the file's entries with their audit row. @param from what the audit row says of the file. */
export async function importCompanies(
  { db, clock }: { db: Database; clock: Clock },
  { entries, refused, duplicates }: CompanyFile,
  from: { actor: string; file: string; sha256: string },
): Promise<ImportCounts> {
  const at = clock.now();
  const { actor, file, sha256 } = from;
  return db.transaction().execute(async (trx) => {
    let added = 0;
    // Always in the same order, so that two imports wait for each other and do not deadlock.
    const ordered = entries.toSorted((a, b) => compare(a, b));
    for (const batch of batches(ordered)) added += await upsertDirectoryRows(trx, batch, at);
    await analyseDirectory(trx);
    const counts = { added, updated: entries.length - added };
    const details = { file, sha256, ...counts, duplicates, refused: refused.length };
    await recordEvent(trx, { event: 'companies_imported', actor, details }, at);
    return counts;
  });
}

function compare(a: DirectoryEntry, b: DirectoryEntry): number {
  const [one, other] = [a, b].map(({ inn, kpp }) => `${inn} ${kpp ?? ''}`);
  return (one ?? '') < (other ?? '') ? -1 : 1;
}

/** What an import would do now. */
export async function planImport(db: Database, { entries }: CompanyFile): Promise<ImportCounts> {
  let updated = 0;
  for (const batch of batches(entries)) updated += await countDirectoryRows(db, batch);
  return { added: entries.length - updated, updated };
}
