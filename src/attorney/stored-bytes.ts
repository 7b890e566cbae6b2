/**
 * The bytes of documents as they lie in the file storage: sealed under SECRET_KEY, since they hold passports and
 * signatures and a bucket is often somebody else's. The key's short name begins the name of each file, so that those
 * sealed under an older key are found and sealed anew.
 */
import { createHash } from 'node:crypto';
import { randomToken, type Secrets } from '../secrets';
import type { PowerFile } from './attorney';
import type { FileStore } from './file-store';

export interface ByteTools {
  secrets: Secrets;
  files: FileStore;
}

const context = (id: string): string => `power_file:${id}`;

/** What every name begins with that was sealed under the newest key. */
export const keyPrefix = (secrets: Secrets): string => `${secrets.keyId}-`;

export const newStorageKey = (secrets: Secrets): string => keyPrefix(secrets) + randomToken(18);

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** @throws FileStoreError */
export async function putBytes(
  { secrets, files }: ByteTools,
  { id, storageKey }: Pick<PowerFile, 'id' | 'storageKey'>,
  bytes: Buffer,
): Promise<void> {
  await files.put(storageKey, secrets.sealBytes(bytes, context(id)));
}

/** Undefined when there is none. @throws FileStoreError; Error when they are not what was stored */
export async function getBytes({ secrets, files }: ByteTools, file: PowerFile): Promise<Buffer | undefined> {
  const sealed = await files.get(file.storageKey);
  if (!sealed) return undefined;
  const bytes = secrets.openBytes(sealed, context(file.id));
  if (sha256(bytes) !== file.sha256) throw new Error('a stored document is not what was stored');
  return bytes;
}
