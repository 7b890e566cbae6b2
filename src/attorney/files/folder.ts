/** Files in a folder: readable by this user only, and never seen half-written. */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FileStoreError, requireKey, type FileStore } from '../file-store';

/** @param folder made at the first file; several nodes share one over a network file system. */
export function createFolderStore(folder: string): FileStore {
  // Two letters a sub-folder, so that none grows to where listing it takes long.
  const place = (key: string): string => join(folder, requireKey(key).slice(-2), key);
  return {
    put: (key, bytes) => guarded('put', () => write(folder, place(key), bytes)),
    get: (key) =>
      guarded('get', () =>
        readFile(place(key)).catch((error: unknown) => {
          if ((error as { code?: string }).code === 'ENOENT') return undefined;
          throw error;
        }),
      ),
    delete: (key) => guarded('delete', () => rm(place(key), { force: true })),
  };
}

async function write(folder: string, path: string, bytes: Buffer): Promise<void> {
  const parent = join(path, '..');
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const half = `${path}.${randomUUID()}.part`;
  try {
    const file = await open(half, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(half, path);
  } catch (error) {
    await rm(half, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function guarded<Result>(
  action: 'put' | 'get' | 'delete',
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new FileStoreError(action, error);
  }
}
