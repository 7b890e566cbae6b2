/** Fills the local directory from a file: all of its good lines in one transaction, or nothing. */
import { recordEvent } from '../../audit/store';
import type { Clock } from '../../clock';
import type { Database } from '../../storage/tables';
import { inOrder, sumBatches, type ImportCounts } from './batches';
import type { CompanyFile } from './directory-file';
import { analyseDirectory, countDirectoryRows, upsertDirectoryRows } from '../store';

/** Stores the file's entries with their audit row. @param from what the audit row says of the file. */
export async function importCompanies(
  { db, clock }: { db: Database; clock: Clock },
  { entries, refused, duplicates }: CompanyFile,
  from: { actor: string; file: string; sha256: string },
): Promise<ImportCounts> {
  const at = clock.now();
  const { actor, file, sha256 } = from;
  return db.transaction().execute(async (trx) => {
    const ordered = inOrder(entries, ({ inn, kpp }) => `${inn} ${kpp ?? ''}`);
    const added = await sumBatches(ordered, (batch) => upsertDirectoryRows(trx, batch, at));
    await analyseDirectory(trx);
    const counts = { added, updated: entries.length - added };
    const details = { file, sha256, ...counts, duplicates, refused: refused.length };
    await recordEvent(trx, { event: 'companies_imported', actor, details }, at);
    return counts;
  });
}

/** What an import would do now. */
export async function planImport(db: Database, { entries }: CompanyFile): Promise<ImportCounts> {
  const updated = await sumBatches(entries, (batch) => countDirectoryRows(db, batch));
  return { added: entries.length - updated, updated };
}
