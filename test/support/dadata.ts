/**
 * A stand-in for DaData's findById/party on loopback: what its OpenAPI description of version 4.1 and its official
 * client say, with the faults that people met. Companies are fictional, their numbers have right check digits.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export const DADATA_KEY = 'key-of-a-test-0123456789';

export type DadataFault =
  | 'none'
  | 'unauthorized'
  | 'unknown_key'
  | 'daily_limit'
  | 'too_many'
  | 'server_error'
  | 'slow'
  | 'hang'
  | 'stalls_in_body'
  | 'garbage'
  | 'strange_json'
  | 'endless'
  | 'switches'
  | 'drops';

export interface DadataParty {
  type: 'LEGAL' | 'INDIVIDUAL';
  inn: string;
  kpp?: string | null;
  kpp_largest?: string | null;
  ogrn?: string;
  short_with_opf: string | null;
  full_with_opf: string;
  branch_type?: 'MAIN' | 'BRANCH';
  address?: string;
  status?: string;
}

export interface DadataStandIn {
  url: string;
  parties: DadataParty[];
  /** The fault of every request, or of the next ones in this order, and then none. */
  fault: DadataFault | DadataFault[];
  /** What came in: bodies, as parsed. */
  requests: Record<string, unknown>[];
  /** Connections that were ever opened. */
  connections: number;
  /** Closes the connection after each reply. */
  closesConnections: boolean;
  close(): Promise<void>;
}

const forbidden = (message: string) => ({ family: 'CLIENT_ERROR', reason: 'Forbidden', message });

export async function startDadata(parties: DadataParty[] = []): Promise<DadataStandIn> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const standIn: DadataStandIn = {
    url: '',
    parties,
    fault: 'none',
    requests: [],
    connections: 0,
    closesConnections: false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  server.keepAliveTimeout = 60_000;
  server.on('connection', (_socket: Socket) => {
    standIn.connections += 1;
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, unknown>;
    standIn.requests.push(body);
    const fault = Array.isArray(standIn.fault) ? (standIn.fault.shift() ?? 'none') : standIn.fault;
    const reply = (status: number, content: unknown): void => {
      response.writeHead(status, {
        'Content-Type': 'application/json',
        ...(standIn.closesConnections ? { Connection: 'close' } : {}),
      });
      response.end(typeof content === 'string' ? content : JSON.stringify(content));
    };
    if (request.method !== 'POST') return reply(405, {});
    if (request.url !== '/rs/findById/party') return reply(404, {});
    if (request.headers.authorization !== `Token ${DADATA_KEY}`) return reply(401, {});
    switch (fault) {
      case 'unauthorized':
        return reply(401, {});
      case 'unknown_key':
        return reply(403, forbidden('Invalid token'));
      case 'daily_limit':
        return reply(403, forbidden(`Feature 'SUGGESTIONS' disabled for token '${DADATA_KEY}'`));
      case 'too_many':
        return reply(429, { reason: 'Too Many Requests' });
      case 'server_error':
        return reply(503, '<html>Service Unavailable</html>');
      case 'slow':
        await sleep(400);
        break;
      case 'hang':
        return;
      case 'stalls_in_body':
        response.writeHead(200, { 'Content-Type': 'application/json' });
        response.write('{"suggestions":[');
        return;
      case 'garbage':
        return reply(200, '{"suggestions":[{"value":');
      case 'strange_json':
        return reply(200, { suggestions: [{ value: 'ООО', data: { inn: 7 } }] });
      case 'endless':
        return reply(200, `{"suggestions":[${' '.repeat(3 * 1024 * 1024)}]}`);
      case 'switches':
        request.socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
        return;
      case 'drops':
        request.socket.destroy();
        return;
      case 'none':
    }
    reply(200, { suggestions: search(standIn.parties, body).map(suggestion) });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  standIn.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/rs`;
  return standIn;
}

/** Head offices first, as the service sorts them; `branch_type` may be a text or a list. */
function search(parties: readonly DadataParty[], body: Record<string, unknown>): DadataParty[] {
  const { query, kpp, type, count = 10 } = body;
  const branches = body.branch_type === undefined ? undefined : [body.branch_type].flat();
  return parties
    .filter((party) => party.inn === query || party.ogrn === query)
    .filter((party) => kpp === undefined || party.kpp === kpp)
    .filter((party) => type === undefined || party.type === type)
    .filter((party) => branches?.includes(party.branch_type ?? 'MAIN') ?? true)
    .sort((a, b) => Number(b.branch_type !== 'BRANCH') - Number(a.branch_type !== 'BRANCH'))
    .slice(0, Number(count));
}

/** With the fields of dearer tariffs as the free one has them: null. */
function suggestion(party: DadataParty): object {
  const { inn, ogrn, type } = party;
  const title = party.short_with_opf ?? party.full_with_opf;
  return {
    value: title,
    unrestricted_value: title,
    data: {
      ...(type === 'LEGAL' ? { kpp: party.kpp ?? null, kpp_largest: party.kpp_largest ?? null } : {}),
      inn,
      ogrn: ogrn ?? null,
      type,
      name: { short_with_opf: party.short_with_opf, full_with_opf: party.full_with_opf, latin: null },
      branch_type: party.branch_type ?? 'MAIN',
      branch_count: 0,
      address: party.address ? { value: party.address, unrestricted_value: party.address, data: null } : null,
      state: { status: party.status ?? 'ACTIVE', actuality_date: 1767225600000, liquidation_date: null },
      founders: null,
      managers: null,
      phones: null,
      emails: null,
      finance: null,
    },
  };
}
