/** A small S3: one bucket on loopback that checks each request's SigV4 signature, and can fail as real ones do. */
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `cut` ends the connection in the middle of an answer. */
export type S3Fault = 'forbidden' | 'broken' | 'slow' | 'cut';

export interface TestS3 {
  endpoint: string;
  bucket: string;
  region: string;
  accessKey: string;
  secretKey: string;
  /** What lies in the bucket. */
  objects: Map<string, Buffer>;
  fail(fault: S3Fault | undefined): void;
  close(): Promise<void>;
}

const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** The signature as AWS describes it (Signature Version 4), computed independently of the client's library. */
function signatureOf(
  { method = '', url = '', headers }: IncomingMessage,
  { secretKey, signedHeaders, scope }: { secretKey: string; signedHeaders: string; scope: string },
): string {
  const [path = '', query = ''] = url.split('?');
  const lines = signedHeaders.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, path, query, lines.join(''), signedHeaders, headers['x-amz-content-sha256']];
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical.join('\n'))].join('\n');
  const key = scope.split('/').reduce<Buffer | string>((last, part) => hmac(last, part), `AWS4${secretKey}`);
  return hmac(key, text).toString('hex');
}

export async function openTestS3(): Promise<TestS3> {
  const settings = { bucket: 'documents', region: 'ru-1', accessKey: 'AKTEST', secretKey: 'test-secret-key' };
  const objects = new Map<string, Buffer>();
  let fault: S3Fault | undefined;

  const isSigned = (request: IncomingMessage, body: Buffer): boolean => {
    const { authorization = '' } = request.headers;
    const found = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\S+), SignedHeaders=(\S+), Signature=(\w+)$/.exec(
      authorization,
    );
    const [, accessKey, scope = '', signedHeaders = '', signature] = found ?? [];
    const { secretKey, region } = settings;
    return (
      accessKey === settings.accessKey &&
      scope.endsWith(`/${region}/s3/aws4_request`) &&
      signedHeaders.split(';').includes('x-amz-content-sha256') &&
      request.headers['x-amz-content-sha256'] === sha256(body) &&
      signature === signatureOf(request, { secretKey, signedHeaders, scope })
    );
  };
  const serve = (request: IncomingMessage, response: ServerResponse, body: Buffer): void => {
    const key = new RegExp(`^/${settings.bucket}/([\\w-]+)$`).exec(request.url ?? '')?.[1];
    if (fault === 'slow') return;
    if (fault === 'broken') return void response.writeHead(500).end('<Error/>');
    if (fault === 'cut') {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      setTimeout(() => response.destroy(), 10);
      return;
    }
    if (fault === 'forbidden' || !isSigned(request, body))
      return void response.writeHead(403).end('<Error/>');
    if (key === undefined) return void response.writeHead(404).end();
    if (request.method === 'PUT') objects.set(key, body);
    if (request.method === 'DELETE') objects.delete(key);
    const object = objects.get(key);
    if (request.method !== 'GET') response.writeHead(request.method === 'PUT' ? 200 : 204).end();
    else response.writeHead(object ? 200 : 404).end(object);
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('error', () => undefined);
    request.on('end', () => {
      serve(request, response, Buffer.concat(parts));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ...settings,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    fail: (next) => {
      fault = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
