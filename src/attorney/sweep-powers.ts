/** What is nobody's goes, with its bytes; what is sealed under an older key is sealed anew. Every node runs it. */
import { addSeconds, type Clock } from '../clock';
import type { Database } from '../storage/tables';
import { ABANDONED_SECONDS, ENDED_DAYS, REPLACED_DAYS } from './attorney';
import { getBytes, keyPrefix, newStorageKey, putBytes, type ByteTools } from './stored-bytes';
import { deletePower, listSweepable, listUnderOtherPrefix, moveFile } from './store';

const BATCH = 50;
const RENEWED = 20;
const DAY = 86_400;

export type SweepTools = ByteTools & { db: Database; clock: Clock };

/**
 * Deletes a batch; the number deleted. Bytes go first, so that a row always knows of what is left.
 * @throws AggregateError after the whole batch, of those that could not be deleted
 */
export async function sweepPowers({ db, clock, files }: SweepTools): Promise<number> {
  const now = clock.now();
  const before = {
    abandoned: addSeconds(now, -ABANDONED_SECONDS),
    replaced: addSeconds(now, -REPLACED_DAYS * DAY),
    ended: addSeconds(now, -ENDED_DAYS * DAY),
  };
  const sweepable = await listSweepable(db, before, BATCH);
  const faults: unknown[] = [];
  for (const { id, keys } of sweepable) {
    try {
      for (const key of keys) await files.delete(key);
      await deletePower(db, id);
    } catch (error) {
      // One that can never be deleted must not keep the others.
      faults.push(error);
    }
  }
  if (faults.length > 0) throw new AggregateError(faults, `${faults.length} documents could not be deleted`);
  return sweepable.length;
}

/** After a change of SECRET_KEY: a batch under the newest key; the number moved. */
export async function renewSeals(tools: SweepTools): Promise<number> {
  const { db, secrets, files } = tools;
  const old = await listUnderOtherPrefix(db, keyPrefix(secrets), RENEWED);
  const moves = old.map(async (file) => {
    const bytes = await getBytes(tools, file);
    // Another node was faster, and has told the row by now.
    if (!bytes) return;
    // A name of its own each time: during a change of keys two nodes may move the same file in opposite directions, and
    // what one of them deletes must be nothing that the other has just written.
    const storageKey = newStorageKey(secrets);
    await putBytes(tools, { id: file.id, storageKey }, bytes);
    const moved = await moveFile(db, file, storageKey);
    await files.delete(moved ? file.storageKey : storageKey);
  });
  // One that cannot be opened any more must not keep the others under the old key.
  const settled = await Promise.allSettled(moves);
  return settled.filter(({ status }) => status === 'fulfilled').length;
}
