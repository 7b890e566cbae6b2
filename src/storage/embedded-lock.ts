/**
 * One process per data folder. PGlite has no guard of its own: a second opener would silently lose writes.
 * SQLite (part of Node) is used for nothing but its file lock, which the operating system drops even when the
 * process is killed, so no stale lock can be left behind.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export class DataFolderBusy extends Error {
  constructor(folder: string) {
    super(
      `The data folder ${folder} is in use by another process; stop that one, or set DATABASE_URL to run several.`,
    );
    this.name = 'DataFolderBusy';
  }
}

/** Holds the folder until the returned function is called or the process ends. @throws DataFolderBusy */
export function lockDataFolder(folder: string): () => void {
  const file = new DatabaseSync(join(folder, 'lock'), { timeout: 0 });
  try {
    file.exec('begin exclusive');
  } catch (cause) {
    file.close();
    if ((cause as { errcode?: number }).errcode === SQLITE_BUSY) throw new DataFolderBusy(folder);
    throw cause;
  }
  return () => file.close();
}

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;
