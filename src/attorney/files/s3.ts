/** Files in a bucket of any S3-compatible storage, path-style; requests are signed with SigV4 over their content. */
import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import { FileStoreError, requireKey, type FileStore } from '../file-store';

export interface S3Settings {
  /** Origin of the storage. */
  endpoint: string;
  bucket: string;
  region: string;
  accessKey: string;
  secretKey: string;
  /** Longest wait for one answer. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

export function createS3Store(settings: S3Settings): FileStore {
  const { endpoint, bucket, region, accessKey, secretKey, timeoutMs = TIMEOUT_MS } = settings;
  const client = new AwsClient({
    accessKeyId: accessKey,
    secretAccessKey: secretKey,
    service: 's3',
    region,
    // Whoever waits for the page tries again; the storage is not asked ten times for it.
    retries: 0,
  });
  const address = (key: string): string => `${endpoint}/${bucket}/${requireKey(key)}`;
  /** Gives a good answer or one of `expected`. */
  const ask = async (
    action: 'put' | 'get' | 'delete',
    key: string,
    expected: number[],
    body?: Buffer,
  ): Promise<{ status: number; bytes: Buffer }> => {
    const url = address(key);
    try {
      const response = await client.fetch(url, {
        method: action.toUpperCase(),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        headers: { 'X-Amz-Content-Sha256': sha256(body ?? Buffer.alloc(0)) },
        body: body && new Uint8Array(body),
      });
      const bytes = Buffer.from(await response.arrayBuffer());
      if (!response.ok && !expected.includes(response.status))
        throw new Error(`the storage answered ${String(response.status)}`);
      return { status: response.status, bytes };
    } catch (error) {
      throw new FileStoreError(action, error);
    }
  };
  return {
    put: async (key, bytes) => {
      await ask('put', key, [], bytes);
    },
    get: async (key) => {
      const { status, bytes } = await ask('get', key, [404]);
      return status === 404 ? undefined : bytes;
    },
    delete: async (key) => {
      await ask('delete', key, [404]);
    },
  };
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
