/** Where the relying parties of the pack listen on loopback: for logout tokens, and with documents that are fetched. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface Listener {
  /** `backchannel_logout_uri` */
  logoutUri: string;
  logoutTokens(): readonly string[];
  close(): Promise<void>;
}

export async function openListener(): Promise<Listener> {
  const tokens: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      tokens.push(new URLSearchParams(body).get('logout_token') ?? '');
      response.writeHead(200, { 'cache-control': 'no-store' }).end();
    });
  });
  const port = await listen(server);
  return {
    logoutUri: `http://127.0.0.1:${port}/logout`,
    logoutTokens: () => tokens,
    close: () => closeServer(server),
  };
}

export interface Shelf {
  /** PEM file; whoever is to fetch from here trusts it. */
  certificate: string;
  /** Puts a document at an https address; it is made anew at each look. */
  publish(document: () => unknown): string;
  close(): Promise<void>;
}

/** @param folder for a key and a certificate of the shelf's own */
export async function openShelf(folder: string): Promise<Shelf> {
  const [key, certificate] = [join(folder, 'shelf.key'), join(folder, 'shelf.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', ...kind, '-keyout', key, '-out', certificate, ...names], {
    stdio: 'ignore',
  });
  const documents = new Map<string, () => unknown>();
  const options = { key: readFileSync(key), cert: readFileSync(certificate) };
  const server = createSecureServer(options, (request, response) => {
    const document = documents.get(request.url ?? '');
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' });
    response.end(document && JSON.stringify(document()));
  });
  const port = await listen(server);
  return {
    certificate,
    publish: (document) => {
      const path = `/${randomUUID()}.json`;
      documents.set(path, document);
      return `https://localhost:${port}${path}`;
    },
    close: () => closeServer(server),
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
