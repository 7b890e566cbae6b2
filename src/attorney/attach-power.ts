/**
 * Attaching a power of attorney, taking it back, moving it to the application. Rows are written first as nobody's,
 * then the bytes, then the owner in one transaction: whatever dies in between leaves rows that the sweeper finds.
 */
import { randomUUID } from 'node:crypto';
import { recordEvent } from '../audit/store';
import { addSeconds, type Clock } from '../clock';
import type { Database, Queryable } from '../storage/tables';
import {
  LIMITS,
  type CheckedPower,
  type PowerFault,
  type PowerFile,
  type PowerOwner,
  type Upload,
} from './attorney';
import { checkUploads } from './check-uploads';
import { FileStoreError } from './file-store';
import { newStorageKey, putBytes, sha256, type ByteTools } from './stored-bytes';
import { countPowers, deletePower, givePower, insertPower, lockOwner, replaceAttached } from './store';
import type { VirusScan } from './virus-scan';

export interface AttorneyTools extends ByteTools {
  db: Database;
  clock: Clock;
  virusScan: VirusScan;
}

/** Run inside the transaction, such as to say that an application is another one now. */
export type OnChange = (trx: Queryable) => Promise<void>;

const DAY = 86_400;

/** Undefined when it is attached; an earlier one that waited is replaced. @param actor as the audit trail names people */
export async function attachPower(
  tools: AttorneyTools,
  owner: PowerOwner,
  uploads: readonly Upload[],
  actor: string,
  onChange?: OnChange,
): Promise<PowerFault | undefined> {
  const checked = checkUploads(uploads);
  if ('problem' in checked) return checked;
  const since = addSeconds(tools.clock.now(), -DAY);
  // Looked at again under the lock; here it spares the work.
  if ((await countPowers(tools.db, owner, since)) >= LIMITS.daily) return { problem: 'power_quota' };
  const fault = await scan(tools, checked);
  if (fault) return fault;
  const power = await begin(tools, checked);
  const refused = await finish(tools, power, owner, actor, onChange).catch(async (error: unknown) => {
    await discard(tools, power);
    if (!(error instanceof FileStoreError)) throw error;
    return { problem: 'power_storage_unavailable' } as const;
  });
  return refused;
}

async function scan({ virusScan }: AttorneyTools, { files }: CheckedPower): Promise<PowerFault | undefined> {
  for (const { name, bytes } of files) {
    try {
      const { result } = await virusScan.scan(bytes);
      if (result === 'found') return { problem: 'power_infected', file: name };
    } catch {
      return { problem: 'power_scan_unavailable' };
    }
  }
  return undefined;
}

interface BegunPower {
  id: string;
  kind: CheckedPower['kind'];
  files: { row: PowerFile; bytes: Buffer }[];
}

async function begin({ db, secrets, clock }: AttorneyTools, checked: CheckedPower): Promise<BegunPower> {
  const { kind, facts } = checked;
  const id = randomUUID();
  const files = checked.files.map(({ part, mediaType, name, bytes }, position) => ({
    row: {
      ...{ id: randomUUID(), powerId: id, position, part, mediaType },
      ...{
        storageKey: newStorageKey(secrets),
        originalName: name,
        size: bytes.length,
        sha256: sha256(bytes),
      },
    },
    bytes,
  }));
  const rows = files.map(({ row }) => row);
  await db.transaction().execute((trx) => insertPower(trx, { id, kind, facts, addedAt: clock.now() }, rows));
  return { id, kind, files };
}

async function finish(
  tools: AttorneyTools,
  power: BegunPower,
  owner: PowerOwner,
  actor: string,
  onChange: OnChange | undefined,
): Promise<PowerFault | undefined> {
  for (const { row, bytes } of power.files) await putBytes(tools, row, bytes);
  const at = tools.clock.now();
  const problem = await tools.db.transaction().execute(async (trx) => {
    // Of any number of parallel ones no more than the limit get through.
    if ((await lockOwner(trx, owner)) === 'closed') return 'power_closed';
    if ((await countPowers(trx, owner, addSeconds(at, -DAY))) >= LIMITS.daily) return 'power_quota';
    await replaceAttached(trx, owner, at);
    if (!(await givePower(trx, power.id, owner)))
      throw new Error('the power of attorney was swept meanwhile');
    await onChange?.(trx);
    const details = { ...ownerDetails(owner), kind: power.kind, files: power.files.length };
    await recordEvent(trx, { event: 'power_attached', actor, subject: `power:${power.id}`, details }, at);
    return undefined;
  });
  if (problem === undefined) return undefined;
  await discard(tools, power);
  return { problem };
}

/** As far as it goes now; the sweeper finds the rest. */
async function discard({ db, files }: AttorneyTools, power: BegunPower): Promise<void> {
  try {
    for (const { row } of power.files) await files.delete(row.storageKey);
    await deletePower(db, power.id);
  } catch {
    return;
  }
}

/** Takes back what waits to be decided; false when nothing does. */
export async function removePower(
  { db, clock }: AttorneyTools,
  owner: PowerOwner,
  actor: string,
  onChange?: OnChange,
): Promise<boolean> {
  const at = clock.now();
  return db.transaction().execute(async (trx) => {
    if ((await lockOwner(trx, owner)) === 'closed') return false;
    if ((await replaceAttached(trx, owner, at)) === 0) return false;
    await onChange?.(trx);
    const entry = { event: 'power_removed' as const, actor, details: ownerDetails(owner) };
    await recordEvent(trx, entry, at);
    return true;
  });
}

const ownerDetails = (owner: PowerOwner): Record<string, string> =>
  'registrationId' in owner ? { registration: owner.registrationId } : { membership: owner.membershipId };
