import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStoreError, type FileStore } from '../../src/attorney/file-store';
import { createFolderStore } from '../../src/attorney/files/folder';
import { createS3Store } from '../../src/attorney/files/s3';
import { getBytes, newStorageKey, putBytes, sha256 } from '../../src/attorney/stored-bytes';
import { createClamAv } from '../../src/attorney/virus-scan';
import { EICAR, openTestClamAv, type TestClamAv } from '../support/clamav';
import { openTestS3, type TestS3 } from '../support/s3';
import { testSecrets } from '../support/secrets';

const KEY = 'abcdef-0123456789abcdef01';
const folder = mkdtempSync(join(tmpdir(), 'files-'));
let s3: TestS3;
let clamav: TestClamAv;
beforeAll(async () => {
  s3 = await openTestS3();
  clamav = await openTestClamAv(join(folder, 'clamd.ctl'));
});
afterEach(() => {
  s3.fail(undefined);
  clamav.fail(undefined);
});
afterAll(async () => {
  await s3.close();
  await clamav.close();
  rmSync(folder, { recursive: true });
});

describe.each<[name: string, open: () => FileStore]>([
  ['folder', () => createFolderStore(join(folder, 'files'))],
  ['s3', () => createS3Store(s3)],
])('the storage %s', (_name, open) => {
  it('keeps, replaces, gives and deletes', async () => {
    const store = open();
    expect(await store.get(KEY)).toBeUndefined();
    await store.delete(KEY);
    const bytes = Buffer.alloc(200_000, 7);
    await store.put(KEY, Buffer.from('first'));
    await store.put(KEY, bytes);
    expect((await store.get(KEY))?.equals(bytes)).toBe(true);
    await store.delete(KEY);
    expect(await store.get(KEY)).toBeUndefined();
  });

  it.each(['../../etc/passwd', '/etc/passwd-0000000000', 'short', `${KEY}/..`, `${KEY}?acl`, `${KEY}\0`])(
    'attack 59: takes no other names: %j',
    async (key) => {
      await expect(open().put(key, Buffer.from('x'))).rejects.toThrow();
      await expect(open().get(key)).rejects.toThrow();
    },
  );

  it('holds nothing that can be read or exchanged without the key', async () => {
    const tools = { secrets: testSecrets, files: open() };
    const bytes = Buffer.from('a passport of nobody');
    const facts = {
      powerId: '',
      position: 0,
      part: 'page' as const,
      mediaType: '',
      originalName: '',
      size: 20,
    };
    const file = { id: 'one', storageKey: newStorageKey(testSecrets), sha256: sha256(bytes), ...facts };
    await putBytes(tools, file, bytes);
    const kept = await tools.files.get(file.storageKey);
    expect(kept?.includes('passport')).toBe(false);
    expect((await getBytes(tools, file))?.equals(bytes)).toBe(true);
    await expect(getBytes(tools, { ...file, id: 'two' })).rejects.toThrow();
    await expect(getBytes(tools, { ...file, sha256: sha256(kept ?? bytes) })).rejects.toThrow();
  });
});

it('lets only its own user into the folder, and leaves nothing half-written', async () => {
  const place = join(folder, 'mine');
  await createFolderStore(place).put(KEY, Buffer.from('x'));
  const below = join(place, KEY.slice(-2));
  expect([statSync(place).mode & 0o777, statSync(below).mode & 0o777]).toEqual([0o700, 0o700]);
  expect(readdirSync(below)).toEqual([KEY]);
  expect(statSync(join(below, KEY)).mode & 0o777).toBe(0o600);
});

it('says that a folder cannot be written to', async () => {
  const file = join(folder, 'no-folder');
  writeFileSync(file, '');
  await expect(createFolderStore(file).put(KEY, Buffer.from('x'))).rejects.toBeInstanceOf(FileStoreError);
});

it.each(['forbidden', 'broken', 'slow', 'cut'] as const)('says that a bucket is %s', async (fault) => {
  const store = createS3Store(fault === 'slow' ? { ...s3, timeoutMs: 300 } : s3);
  s3.fail(fault);
  if (fault !== 'cut') await expect(store.put(KEY, Buffer.from('x'))).rejects.toBeInstanceOf(FileStoreError);
  await expect(store.get(KEY)).rejects.toBeInstanceOf(FileStoreError);
  // Whoever does not catch it answers 503, and says when to come again.
  await expect(store.get(KEY)).rejects.toMatchObject({ status: 503, retryAfter: 30 });
});

it('is refused by a bucket with a wrong key', async () => {
  const store = createS3Store({ ...s3, secretKey: 'another' });
  await expect(store.put(KEY, Buffer.from('x'))).rejects.toBeInstanceOf(FileStoreError);
  expect(s3.objects.has(KEY)).toBe(false);
});

describe('the antivirus', () => {
  const large = Buffer.alloc(300_000, 'scan');

  it('passes what is clean, by frames, over either kind of socket', async () => {
    const overTcp = await openTestClamAv();
    expect(await createClamAv(overTcp.address).scan(large)).toEqual({ result: 'clean' });
    expect(await createClamAv(clamav.address).scan(large)).toEqual({ result: 'clean' });
    expect([overTcp.seen[0]?.equals(large), clamav.seen[0]?.equals(large)]).toEqual([true, true]);
    await overTcp.close();
  });

  it('names what it found', async () => {
    const infected = Buffer.concat([large, Buffer.from(EICAR)]);
    expect(await createClamAv(clamav.address).scan(infected)).toEqual({
      result: 'found',
      name: 'Eicar-Test-Signature',
    });
  });

  it.each(['hang', 'hang_up', 'half', 'early'] as const)('is no pass when it does %s', async (fault) => {
    clamav.fail(fault);
    await expect(createClamAv(clamav.address, 200).scan(large)).rejects.toThrow();
  });

  it('is no pass when it is not there', async () => {
    await expect(createClamAv(join(folder, 'nobody.ctl')).scan(large)).rejects.toThrow();
  });
});
