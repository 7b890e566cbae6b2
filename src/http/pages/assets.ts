/** Style sheet and scripts: read once, served under a name that holds their hash, so that they never go stale. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Middleware } from '../context';

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/** Smaller files gain nothing by it. */
const WORTH_PACKING = 1024;

export interface Assets {
  /** The path of an asset. @throws Error when there is none. */
  path(name: string): string;
  serve: Middleware;
}

interface Asset {
  body: Buffer;
  type: string;
  /** Made when it is first asked for. */
  packed?: Buffer;
}

/** @param made files beside those of views/assets: text by name */
export function loadAssets(viewsDir: string, made: Readonly<Record<string, string>> = {}): Assets {
  const folder = join(viewsDir, 'assets');
  const paths = new Map<string, string>();
  const files = new Map<string, Asset>();
  const add = (name: string, body: Buffer): void => {
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
    const path = `/assets/${hash}/${name}`;
    paths.set(name, path);
    files.set(path, { body, type: TYPES[extname(name)] ?? 'application/octet-stream' });
  };
  for (const name of readdirSync(folder)) add(name, readFileSync(join(folder, name)));
  for (const [name, text] of Object.entries(made)) add(name, Buffer.from(text));
  return {
    path: (name) => {
      const path = paths.get(name);
      if (!path) throw new Error(`no asset ${name}`);
      return path;
    },
    serve: async (ctx, next) => {
      const file = files.get(ctx.path);
      if (!file || !['GET', 'HEAD'].includes(ctx.method)) {
        await next();
        return;
      }
      ctx.type = file.type;
      ctx.set({ 'Cache-Control': 'public, max-age=31536000, immutable', Vary: 'Accept-Encoding' });
      if (file.body.length < WORTH_PACKING || ctx.acceptsEncodings('gzip', 'identity') !== 'gzip') {
        ctx.body = file.body;
        return;
      }
      file.packed ??= gzipSync(file.body);
      ctx.set('Content-Encoding', 'gzip');
      ctx.body = file.packed;
    },
  };
}
