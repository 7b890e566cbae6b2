/** A plain HTTP client with the cookie jar of one browser. It never follows redirects by itself. */
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';

export interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
  /** Where it redirects to, absolute. */
  location: string | undefined;
}

interface Cookie {
  name: string;
  value: string;
  path: string;
}

export interface RequestOptions {
  /** A list sends one header several times. */
  headers?: Record<string, string | string[]>;
  /** Node to ask; the name in the Host header stays the issuer's. */
  port?: number;
}

export interface Agent {
  get(path: string, options?: RequestOptions): Promise<Answer>;
  /** Sends a form. */
  post(path: string, form: Record<string, string>, options?: RequestOptions): Promise<Answer>;
  send(
    method: string,
    path: string,
    body: string | Buffer | undefined,
    options?: RequestOptions,
  ): Promise<Answer>;
  cookies: Map<string, Cookie>;
}

/** Where the server listens, when the issuer does not say it: a port of loopback, or another host over TLS. */
export interface Location {
  host: string;
  port: number;
  tls: boolean;
}

/** Address of loopback that requests come from: one person of many. */
export interface Origin {
  from: string;
}

const cookieKey = (cookie: Cookie): string => `${cookie.path} ${cookie.name}`;

export function createAgent(issuer: string, at?: Partial<Location & Origin>): Agent {
  const { hostname, port, host } = new URL(issuer);
  const connect = at?.tls ? secureRequest : request;
  const cookies = new Map<string, Cookie>();

  const send = (
    method: string,
    path: string,
    body: string | Buffer | undefined,
    options: RequestOptions = {},
  ): Promise<Answer> => {
    const url = new URL(path, issuer);
    const sent = [...cookies.values()].filter((cookie) => covers(cookie.path, url.pathname));
    const headers: Record<string, string | string[]> = {
      host,
      accept: 'text/html',
      ...(sent.length > 0 ? { cookie: sent.map(({ name, value }) => `${name}=${value}`).join('; ') } : {}),
      ...(body === undefined
        ? {}
        : {
            'content-type': 'application/x-www-form-urlencoded',
            'content-length': String(Buffer.byteLength(body)),
          }),
      ...options.headers,
    };
    return new Promise((resolve, reject) => {
      const asked = connect(
        {
          hostname: at?.host ?? hostname,
          ...(at?.tls ? { servername: hostname } : {}),
          ...(at?.from === undefined ? {} : { localAddress: at.from }),
          port: options.port ?? at?.port ?? port,
          path: url.pathname + url.search,
          method,
          headers,
          family: 4,
          host: '127.0.0.1',
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            for (const line of response.headers['set-cookie'] ?? []) keep(cookies, line, url.pathname);
            const { location } = response.headers;
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString('utf8'),
              location: location === undefined ? undefined : new URL(location, issuer).href,
            });
          });
        },
      );
      asked.on('error', reject);
      asked.end(body);
    });
  };

  return {
    cookies,
    send,
    get: (path, options) => send('GET', path, undefined, options),
    post: (path, form, options) => send('POST', path, new URLSearchParams(form).toString(), options),
  };
}

function covers(cookiePath: string, path: string): boolean {
  return path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`);
}

/** RFC 6265 §5.3, as far as one host needs it. */
function keep(cookies: Map<string, Cookie>, line: string, requestPath: string): void {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
  const split = pair.indexOf('=');
  const attribute = (name: string): string | undefined =>
    attributes.find((text) => text.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
  const defaultPath = requestPath.slice(0, Math.max(1, requestPath.lastIndexOf('/')));
  const cookie = {
    name: pair.slice(0, split),
    value: pair.slice(split + 1),
    path: attribute('path') ?? defaultPath,
  };
  const expires = attribute('expires');
  if (cookie.value === '' || (expires !== undefined && Date.parse(expires) < Date.now()))
    cookies.delete(cookieKey(cookie));
  else cookies.set(cookieKey(cookie), cookie);
}
