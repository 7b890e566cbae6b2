/** Style sheet and scripts: read once, served under a name that holds their hash, so that they never go stale. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Middleware } from '../context';

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

export interface Assets {
  /** The path of a file of views/assets. @throws Error when there is none. */
  path(name: string): string;
  serve: Middleware;
}

export function loadAssets(viewsDir: string): Assets {
  const folder = join(viewsDir, 'assets');
  const paths = new Map<string, string>();
  const files = new Map<string, { body: Buffer; type: string }>();
  for (const name of readdirSync(folder)) {
    const body = readFileSync(join(folder, name));
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
    const path = `/assets/${hash}/${name}`;
    paths.set(name, path);
    files.set(path, { body, type: TYPES[extname(name)] ?? 'application/octet-stream' });
  }
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
      ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
      ctx.body = file.body;
    },
  };
}
