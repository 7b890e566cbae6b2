/**
 * Calls to addresses that others have named: keys of relying parties, their logout endpoints, their sector files. This
 * folder owns how such a call cannot be turned against us (SSRF): a name is looked up here, and the connection goes to the
 * very addresses that were checked, so that a name which answers differently the second time leads nowhere else. No
 * redirect is followed, no connection is used twice, and answers are short.
 */
import { lookup as lookUp, type LookupAddress } from 'node:dns';
import { request as requestHttp, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isLoopbackAddress, isPublicAddress } from './addresses';

export interface OutgoingRequest {
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
  /** Milliseconds from the name's look-up to the last byte of the answer. */
  deadlineMs: number;
  /** Bytes of an answer; a longer one is an error. */
  maxBytes: number;
  signal?: AbortSignal;
}

export interface OutgoingAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export type Outgoing = (url: string, request: OutgoingRequest) => Promise<OutgoingAnswer>;

/** Where a call would have gone is none of the addresses that it may go to; nothing was sent there. */
export class AddressRefused extends Error {}

export interface OutgoingOptions {
  /** This machine may be called, also without TLS: a laptop, and tests. */
  loopback: boolean;
  /** Addresses that may be called although they are not public: networks of the operator's own. */
  networks: { includes(address: string): boolean };
  /** Tests answer for the DNS. */
  resolve?: (hostname: string) => Promise<LookupAddress[]>;
}

const resolveByDns = (hostname: string): Promise<LookupAddress[]> =>
  new Promise((resolve, reject) => {
    lookUp(hostname, { all: true, verbatim: true }, (error, found) => {
      if (error) reject(error);
      else resolve(found);
    });
  });

/**
 * One look-up at a time, and none that nobody waits for any more: the system's resolver keeps one of few threads for as long
 * as a name server is silent, and the names of Postgres and Redis need one, too.
 */
function inTurn(
  resolve: (hostname: string) => Promise<LookupAddress[]>,
): (hostname: string, signal: AbortSignal) => Promise<LookupAddress[]> {
  let last: Promise<unknown> = Promise.resolve();
  return (hostname, signal) => {
    const found = last.then(() => {
      signal.throwIfAborted();
      return resolve(hostname);
    });
    last = found.catch(() => undefined);
    return found;
  };
}

export function createOutgoing({ loopback, networks, resolve = resolveByDns }: OutgoingOptions): Outgoing {
  const find = inTurn(resolve);
  const mayCall = (address: string): boolean =>
    isPublicAddress(address) || networks.includes(address) || (loopback && isLoopbackAddress(address));

  /** @throws AddressRefused unless all of them may be called: a name that mixes them is up to something */
  const checked = async (hostname: string, signal: AbortSignal): Promise<LookupAddress[]> => {
    const family = isIP(hostname);
    const found = family === 0 ? await find(hostname, signal) : [{ address: hostname, family }];
    if (found.length === 0 || !found.every(({ address }) => mayCall(address)))
      throw new AddressRefused(`${hostname} is at an address that must not be called`);
    return found;
  };

  return async (target, asked) => {
    const url = new URL(target);
    const hostname = url.hostname.replace(/^\[|\]$/g, '');
    const deadline = AbortSignal.timeout(asked.deadlineMs);
    const signal = asked.signal ? AbortSignal.any([deadline, asked.signal]) : deadline;
    const addresses = await before(signal, checked(hostname, signal));
    const inClear = url.protocol === 'http:' && addresses.every(({ address }) => isLoopbackAddress(address));
    if (url.protocol !== 'https:' && !inClear) throw new AddressRefused('only https: may be called');
    return exchange(url, { ...asked, signal }, addresses);
  };
}

/** The result of `work`, or the reason of the signal if that comes first. */
function before<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', stop);
    });
  });
}

/** Gives the connection what was checked, and asks nobody again. */
const answering =
  (addresses: LookupAddress[]): LookupFunction =>
  (_hostname, options, callback) => {
    const [first] = addresses;
    if (options.all) callback(null, addresses);
    else callback(null, first?.address ?? '', first?.family);
  };

function exchange(
  url: URL,
  { method = 'GET', headers = {}, body, maxBytes, signal }: OutgoingRequest,
  addresses: LookupAddress[],
): Promise<OutgoingAnswer> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const options: RequestOptions = {
    ...{ method, signal, agent: false, lookup: answering(addresses), maxHeaderSize: 16_384 },
    headers: { accept: '*/*', ...headers, ...length },
  };
  return new Promise((resolve, reject) => {
    const call = url.protocol === 'https:' ? requestHttps(url, options) : requestHttp(url, options);
    const fail = (error: Error): void => {
      reject(signal?.aborted ? (signal.reason as Error) : error);
    };
    call.on('error', fail);
    let answered = false;
    // An answer that wants to speak another protocol (101) is neither an answer to Node nor an error.
    call.on('close', () => {
      if (!answered) fail(new Error('the connection ended without an answer'));
    });
    call.on('response', (response) => {
      answered = true;
      const chunks: Buffer[] = [];
      let received = 0;
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received > maxBytes) call.destroy(new Error(`the answer is longer than ${maxBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
        });
      });
    });
    call.end(body);
  });
}
