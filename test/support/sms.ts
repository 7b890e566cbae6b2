/** SMS gateways on loopback that answer as SMSC.ru and SMS.ru do, keep what they get and fail on demand. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from './ports';

/**
 * `code`: the gateway's own error inside HTTP 200, about the request or the number. `status`: an HTTP status.
 * `refuse`: nobody listens. `hang`: no answer. `drop`: hangs up without one. `trickle`: an answer without end.
 * `garbage`, `empty`, `truncated`, `other_json`: HTTP 200 that says nothing.
 * `accept_then_…`: the message goes out, and the answer is lost.
 */
export type SmsFault =
  | { code: number; about: 'request' | 'number' }
  | { status: number; retryAfter?: number }
  | 'refuse'
  | 'hang'
  | 'drop'
  | 'trickle'
  | 'flood'
  | 'garbage'
  | 'empty'
  | 'truncated'
  | 'other_json'
  | 'accept_then_hang'
  | 'accept_then_drop';

export interface ReceivedSms {
  /** Digits of the number. */
  to: string;
  /** As the gateway understood it. */
  text: string;
  sender: string | undefined;
}

export interface SmsStandIn {
  origin: string;
  /** Every request, accepted or not. */
  calls: number;
  /** Messages that went out, oldest first. */
  accepted: ReceivedSms[];
  /** Makes every request fail, or none again. */
  fail(fault: SmsFault | undefined): Promise<void>;
  close(): Promise<void>;
}

export const CREDENTIALS = { login: 'example', psw: 'password-of-no-value', apiId: 'id-of-no-value' };

interface Protocol {
  path: string;
  /** The message, or the code of the refusal. */
  read(body: Buffer, headers: IncomingMessage['headers']): ReceivedSms | number;
  success(sms: ReceivedSms): object;
  requestError(code: number): object;
  numberError(sms: ReceivedSms, code: number): object;
}

const smsc: Protocol = {
  path: '/rest/send/',
  read(body, headers) {
    if (!headers['content-type']?.startsWith('application/json')) return 1;
    const order = JSON.parse(body.toString('utf8')) as Record<string, string | number | undefined>;
    const { login, psw, apikey, phones, mes, fmt, charset, id, sender } = order;
    if (apikey !== CREDENTIALS.apiId && !(login === CREDENTIALS.login && psw === CREDENTIALS.psw)) return 2;
    if (fmt !== 3 || typeof mes !== 'string' || String(id).length > 40) return 1;
    if (!/^\+\d{8,15}$/.test(String(phones))) return 7;
    const text = charset === 'utf-8' ? mes : new TextDecoder('windows-1251').decode(Buffer.from(mes));
    return { to: String(phones).slice(1), text, sender: sender as string | undefined };
  },
  success: ({ to }) => ({ id: 1234, cnt: 1, phones: [{ phone: to, mccmnc: '25001', cost: '3.5' }] }),
  requestError: (code) => ({ error: 'some words', error_code: code, id: 1234 }),
  numberError: ({ to }, code) => ({ id: 1234, cnt: 1, phones: [{ phone: to, status: '20', error: code }] }),
};

const smsRu: Protocol = {
  path: '/sms/send',
  read(body, headers) {
    if (!headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return 210;
    const form = new URLSearchParams(body.toString('utf8'));
    if (form.get('api_id') !== CREDENTIALS.apiId) return 301;
    const [to, text] = [form.get('to') ?? '', form.get('msg') ?? ''];
    if (form.get('json') !== '1' || !/^\d{8,15}$/.test(to)) return 202;
    if (text === '') return 203;
    return { to, text, sender: form.get('from') ?? undefined };
  },
  success: ({ to }) => ({
    status: 'OK',
    status_code: 100,
    sms: { [to]: { status: 'OK', status_code: 100, sms_id: '000000-10000000' } },
    balance: 4122.56,
  }),
  requestError: (code) => ({ status: 'ERROR', status_code: code, status_text: 'some words' }),
  numberError: ({ to }, code) => ({
    status: 'OK',
    status_code: 100,
    sms: { [to]: { status: 'ERROR', status_code: code, status_text: 'some words' } },
    balance: 4122.56,
  }),
};

const PROTOCOLS = { smsc, 'sms-ru': smsRu };
export type SmsProtocol = keyof typeof PROTOCOLS;

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function answerFault(
  fault: SmsFault,
  sms: ReceivedSms,
  protocol: Protocol,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (typeof fault === 'object') {
    if ('status' in fault) {
      const headers = {
        Location: '/elsewhere',
        ...(fault.retryAfter && { 'Retry-After': fault.retryAfter }),
      };
      response.writeHead(fault.status, headers).end('<h1>error</h1>');
    } else {
      const { requestError, numberError } = protocol;
      response.end(
        JSON.stringify(fault.about === 'request' ? requestError(fault.code) : numberError(sms, fault.code)),
      );
    }
    return;
  }
  const whole = JSON.stringify(protocol.success(sms));
  const actions: Record<Exclude<SmsFault, object>, () => unknown> = {
    refuse: () => request.socket.destroy(),
    hang: () => undefined,
    accept_then_hang: () => undefined,
    drop: () => request.socket.destroy(),
    accept_then_drop: () => request.socket.destroy(),
    trickle: () => {
      const timer = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(timer));
    },
    flood: () => response.end('x'.repeat(1_000_000)),
    garbage: () => response.end('<html>Технические работы</html>'),
    empty: () => response.end(),
    truncated: () => {
      response.writeHead(200, { 'Content-Length': whole.length });
      response.write(whole.slice(0, -5), () => request.socket.destroy());
    },
    other_json: () => response.end('{"ok":true}'),
  };
  actions[fault]();
}

/** Opens a gateway on a free port of 127.0.0.1. */
export async function openSmsStandIn(name: SmsProtocol): Promise<SmsStandIn> {
  const protocol = PROTOCOLS[name];
  let fault: SmsFault | undefined;
  let server: Server | undefined;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    standIn.calls += 1;
    const body = await readBody(request);
    if (request.url !== protocol.path || request.method !== 'POST') {
      response.writeHead(404).end();
      return;
    }
    const sms = protocol.read(body, request.headers);
    if (typeof sms === 'number') {
      response.end(JSON.stringify(protocol.requestError(sms)));
      return;
    }
    if (fault === undefined || fault === 'accept_then_hang' || fault === 'accept_then_drop')
      standIn.accepted.push(sms);
    if (fault === undefined) response.end(JSON.stringify(protocol.success(sms)));
    else answerFault(fault, sms, protocol, request, response);
  }

  async function listen(port: number): Promise<number> {
    server = createServer((request, response) => {
      // A client that hangs up in the middle has asked for nothing.
      answer(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server?.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return (server.address() as AddressInfo).port;
  }

  async function shut(): Promise<void> {
    const closing = server;
    server = undefined;
    await new Promise((resolve) => {
      if (!closing) resolve(undefined);
      closing?.close(resolve);
      closing?.closeAllConnections();
    });
  }

  const port = await listen(await freePort());
  const standIn: SmsStandIn = {
    origin: `http://127.0.0.1:${port}`,
    calls: 0,
    accepted: [],
    async fail(next) {
      fault = next;
      if (next === 'refuse') await shut();
      else if (!server) await listen(port);
    },
    close: shut,
  };
  return standIn;
}
