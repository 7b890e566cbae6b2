import { Refusal } from '../errors';

/** The port for the bytes of documents. Keys are our own random names; nothing a person typed becomes one. */
export interface FileStore {
  /** Stores or replaces. @throws FileStoreError */
  put(key: string, bytes: Buffer): Promise<void>;
  /** Undefined when there is none. @throws FileStoreError */
  get(key: string): Promise<Buffer | undefined>;
  /** Deletes what there may be. @throws FileStoreError */
  delete(key: string): Promise<void>;
}

const RETRY_SECONDS = 30;

/** The storage cannot serve now: full, unreachable, forbidden. Where nobody catches it, the answer is 503. */
export class FileStoreError extends Refusal {
  constructor(action: 'put' | 'get' | 'delete', cause: unknown) {
    super('store_unavailable', RETRY_SECONDS, { cause });
    this.message = `the file storage failed to ${action}`;
    this.name = 'FileStoreError';
  }
}

const KEY = /^[A-Za-z0-9_-]{16,100}$/;

/** @throws Error for what is no key of ours: a bug, or an attack that must not become a path. */
export function requireKey(key: string): string {
  if (!KEY.test(key)) throw new Error('not a key of the file storage');
  return key;
}
