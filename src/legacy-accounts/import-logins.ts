/** Stores a file's logins: all of its good lines in one transaction, or nothing. */
import { recordEvent } from '../audit/store';
import type { Clock } from '../clock';
import type { Database } from '../storage/tables';
import { KTSP, loginKey } from './legacy-account';
import type { LoginFile } from './login-file';
import { countLegacyLogins, upsertLegacyLogins, type NewLegacyLogin } from './store';

/** Rows of one statement. */
const BATCH = 2000;

export interface ImportCounts {
  added: number;
  updated: number;
}

function* batches(entries: readonly NewLegacyLogin[]): Generator<readonly NewLegacyLogin[]> {
  for (let at = 0; at < entries.length; at += BATCH) yield entries.slice(at, at + BATCH);
}

/** Stores the file's entries with their audit row. @param from what the audit row says of the file. */
export async function importLegacyLogins(
  { db, clock }: { db: Database; clock: Clock },
  { entries, refused, duplicates }: LoginFile,
  from: { actor: string; file: string; sha256: string },
): Promise<ImportCounts> {
  const at = clock.now();
  const { actor, file, sha256 } = from;
  return db.transaction().execute(async (trx) => {
    let added = 0;
    // Always in the same order, so that two imports wait for each other and do not deadlock.
    const ordered = entries.toSorted((a, b) => (loginKey(a.login) < loginKey(b.login) ? -1 : 1));
    for (const batch of batches(ordered)) added += await upsertLegacyLogins(trx, KTSP, batch, at);
    const counts = { added, updated: entries.length - added };
    const details = { portal: KTSP, file, sha256, ...counts, duplicates, refused: refused.length };
    await recordEvent(trx, { event: 'legacy_logins_imported', actor, details }, at);
    return counts;
  });
}

/** What an import would do now. */
export async function planLegacyImport(db: Database, { entries }: LoginFile): Promise<ImportCounts> {
  let updated = 0;
  for (const batch of batches(entries)) updated += await countLegacyLogins(db, KTSP, batch);
  return { added: entries.length - updated, updated };
}
