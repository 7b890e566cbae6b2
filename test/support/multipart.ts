/** A form with files, as browsers send it (RFC 7578). */
import type { Agent, Answer, RequestOptions } from './agent';

export interface SentFile {
  name: string;
  bytes: Buffer;
  type?: string;
}

const BOUNDARY = '----boundary-of-a-test';
export const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`;

export function multipartBody(
  fields: Record<string, string>,
  files: readonly SentFile[],
  field = 'files',
): Buffer {
  const line = (text: string): Buffer => Buffer.from(`${text}\r\n`);
  const parts = [
    ...Object.entries(fields).map(([name, value]) => [
      line(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n`),
      line(value),
    ]),
    ...files.map(({ name, bytes, type = 'application/octet-stream' }) => [
      line(
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"; filename="${name.replaceAll('"', '%22')}"`,
      ),
      line(`Content-Type: ${type}\r\n`),
      bytes,
      line(''),
    ]),
    [line(`--${BOUNDARY}--`)],
  ];
  return Buffer.concat(parts.flat());
}

export function sendFiles(
  agent: Agent,
  path: string,
  fields: Record<string, string>,
  files: readonly SentFile[],
  options: RequestOptions = {},
): Promise<Answer> {
  const headers = { 'content-type': MULTIPART, ...options.headers };
  return agent.send('POST', path, multipartBody(fields, files), { ...options, headers });
}
