/** Which file storage the settings name. */
import { join } from 'node:path';
import type { Config } from '../../config';
import type { FileStore } from '../file-store';
import { createFolderStore } from './folder';
import { createS3Store } from './s3';

export type FileSettings = Pick<
  Config,
  'fileStorage' | 'dataDir' | 's3Endpoint' | 's3Bucket' | 's3Region' | 's3AccessKey' | 's3SecretKey'
>;

/** The storage of documents; that S3 has what it needs was checked with the settings. */
export function createFileStore(config: FileSettings): FileStore {
  if (config.fileStorage === 'folder') return createFolderStore(join(config.dataDir, 'files'));
  return createS3Store({
    endpoint: config.s3Endpoint ?? '',
    bucket: config.s3Bucket ?? '',
    region: config.s3Region,
    accessKey: config.s3AccessKey ?? '',
    secretKey: config.s3SecretKey ?? '',
  });
}
