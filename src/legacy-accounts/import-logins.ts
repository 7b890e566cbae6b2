/** Stores a file's logins: all of its good lines in one transaction, or nothing. */
import { recordEvent } from '../audit/store';
import type { Clock } from '../clock';
import { inOrder, sumBatches, type ImportCounts } from '../companies/import/batches';
import type { Database } from '../storage/tables';
import { KTSP, loginKey } from './legacy-account';
import type { LoginFile } from './login-file';
import { countLegacyLogins, upsertLegacyLogins } from './store';

/** Stores the file's entries with their audit row. @param from what the audit row says of the file. */
export async function importLegacyLogins(
  { db, clock }: { db: Database; clock: Clock },
  { entries, refused, duplicates }: LoginFile,
  from: { actor: string; file: string; sha256: string },
): Promise<ImportCounts> {
  const at = clock.now();
  const { actor, file, sha256 } = from;
  return db.transaction().execute(async (trx) => {
    const ordered = inOrder(entries, ({ login }) => loginKey(login));
    const added = await sumBatches(ordered, (batch) => upsertLegacyLogins(trx, KTSP, batch, at));
    const counts = { added, updated: entries.length - added };
    const details = { portal: KTSP, file, sha256, ...counts, duplicates, refused: refused.length };
    await recordEvent(trx, { event: 'legacy_logins_imported', actor, details }, at);
    return counts;
  });
}

/** What an import would do now. */
export async function planLegacyImport(db: Database, { entries }: LoginFile): Promise<ImportCounts> {
  const updated = await sumBatches(entries, (batch) => countLegacyLogins(db, KTSP, batch));
  return { added: entries.length - updated, updated };
}
