/** Where the relying parties of the pack listen on loopback: for logout tokens. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    logoutUri: `http://127.0.0.1:${port}/logout`,
    logoutTokens: () => tokens,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
