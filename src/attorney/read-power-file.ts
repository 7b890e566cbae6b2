/** A document's bytes, for its owner and for reviewers. Who may see it is decided by whoever calls. */
import type { Database } from '../storage/tables';
import type { PowerFile, PowerOwner } from './attorney';
import { getBytes, type ByteTools } from './stored-bytes';
import { findPowerFile } from './store';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The file and its bytes, whose hash was checked; undefined when there is none, or not of this owner.
 * @param owner the owner it must belong to; absent for reviewers who were checked otherwise
 * @param replaced also one that another has taken the place of, while it is kept
 * @throws FileStoreError
 */
export async function readPowerFile(
  tools: ByteTools & { db: Database },
  fileId: string,
  owner?: PowerOwner,
  { replaced = false }: { replaced?: boolean } = {},
): Promise<{ file: PowerFile; bytes: Buffer } | undefined> {
  if (!UUID.test(fileId)) return undefined;
  const find = async () => {
    const found = await findPowerFile(tools.db, fileId);
    return found && (replaced || found.state !== 'replaced') && (!owner || belongs(found, owner))
      ? found
      : undefined;
  };
  const file = await find();
  if (!file) return undefined;
  const bytes = (await getBytes(tools, file)) ?? (await moved(tools, file, await find()));
  if (!bytes) throw new Error(`the bytes of power_files ${fileId} are missing`);
  return { file, bytes };
}

/** The same, as a browser is given it. @throws FileStoreError */
export async function readForDownload(
  ...asked: Parameters<typeof readPowerFile>
): Promise<{ name: string; mediaType: string; bytes: Buffer } | undefined> {
  const found = await readPowerFile(...asked);
  return found && { name: found.file.originalName, mediaType: found.file.mediaType, bytes: found.bytes };
}

/** It was sealed anew, under another name, between two looks. */
async function moved(tools: ByteTools, before: PowerFile, now: PowerFile | undefined) {
  return now && now.storageKey !== before.storageKey ? getBytes(tools, now) : undefined;
}

function belongs(
  found: { registrationId: string | null; membershipId: string | null },
  owner: PowerOwner,
): boolean {
  return 'registrationId' in owner
    ? found.registrationId === owner.registrationId
    : found.membershipId === owner.membershipId;
}
