/** A stand-in for an older portal's check of passwords on loopback, with the faults that such services have. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const LEGACY_TOKEN = 'token-of-an-older-portal-0123456789';

export type LegacyFault =
  | 'none'
  | 'unauthorized'
  | 'server_error'
  | 'hang'
  | 'garbage'
  | 'strange_json'
  | 'endless'
  | 'redirect'
  | 'drops';

export interface LegacyStandIn {
  url: string;
  /** Passwords by login. */
  passwords: Map<string, string>;
  fault: LegacyFault;
  /** What came in: bodies, as parsed. */
  requests: Record<string, unknown>[];
  close(): Promise<void>;
}

export async function startLegacyPortal(): Promise<LegacyStandIn> {
  const standIn: LegacyStandIn = {
    url: '',
    passwords: new Map(),
    fault: 'none',
    requests: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const answerOf = (body: Record<string, unknown>): [status: number, text: string] | undefined => {
    const valid = standIn.passwords.get(String(body.login)) === body.password;
    switch (standIn.fault) {
      case 'unauthorized':
        return [401, '{"error":"token"}'];
      case 'server_error':
        return [500, '{"valid":true}'];
      case 'garbage':
        return [200, '<html>OK</html>'];
      case 'strange_json':
        return [200, '{"valid":"yes"}'];
      case 'endless':
        return [200, `{"valid":true${' '.repeat(1024 * 1024)}}`];
      case 'redirect':
        return [307, ''];
      case 'hang':
      case 'drops':
        return undefined;
      case 'none':
        return [200, JSON.stringify({ valid })];
    }
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, unknown>;
      standIn.requests.push(body);
      if (standIn.fault === 'drops') request.socket.destroy();
      const right = request.method === 'POST' && request.headers.authorization === `Bearer ${LEGACY_TOKEN}`;
      const answer = right ? answerOf(body) : ([403, '{}'] as const);
      if (!answer) return;
      response.writeHead(answer[0], {
        'Content-Type': 'application/json',
        Location: `${standIn.url}elsewhere`,
      });
      response.end(answer[1]);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  standIn.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/check`;
  return standIn;
}
