/**
 * Documents that are the same for everybody (discovery, JWKS): made once by the whole pipeline, then answered
 * before anything is built for the request. Whatever is unusual about a request goes through the pipeline.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Middleware } from '../context';

export interface PublicDocuments {
  /** Outermost in the pipeline: keeps what it answered. */
  remember: Middleware;
  /** True when the request was answered here. */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
}

interface Options {
  issuer: string;
  /** Changes whenever the documents may have. */
  version: () => unknown;
  observe: (route: string, status: number, seconds: number) => void;
}

interface Kept {
  version: unknown;
  headers: [string, string | number | string[]][];
  body: Buffer;
}

const PATHS = new Set(['/.well-known/openid-configuration', '/jwks']);

/** Header fields that ask for more than the document: another origin's leave, a part of it, a body of theirs. */
const UNUSUAL = ['origin', 'range', 'expect', 'content-length', 'transfer-encoding'] as const;

export function createPublicDocuments({ issuer, version, observe }: Options): PublicDocuments {
  const { host } = new URL(issuer);
  const kept = new Map<string, Kept>();

  const isUsual = ({ method, headers }: IncomingMessage): boolean =>
    method === 'GET' && headers.host === host && UNUSUAL.every((name) => headers[name] === undefined);

  return {
    remember: async (ctx, next) => {
      const made = version();
      await next();
      const url = ctx.req.url ?? '';
      if (!PATHS.has(url) || ctx.status !== 200 || !isUsual(ctx.req)) return;
      const body = Buffer.from(JSON.stringify(ctx.body));
      const headers = Object.entries(ctx.res.getHeaders()).filter(
        (entry): entry is Kept['headers'][number] => entry[0] !== 'x-request-id' && entry[1] !== undefined,
      );
      headers.push(['content-length', body.length]);
      kept.set(url, { version: made, headers, body });
    },
    answer: (request, response) => {
      const document = kept.get(request.url ?? '');
      if (document === undefined || !isUsual(request)) return false;
      if (document.version !== version()) return false;
      const begun = performance.now();
      const named = [...document.headers, ['x-request-id', randomUUID()] as [string, string]];
      response.writeHead(200, named.flat() as string[]);
      response.end(document.body);
      observe(request.url ?? '', 200, (performance.now() - begun) / 1000);
      return true;
    },
  };
}
