/** Files that people attached, given out so that a browser keeps them and never opens them as ours. */
import type { Context } from '../context';

export interface Download {
  name: string;
  mediaType: string;
  bytes: Buffer;
}

/** Answers with the file as an attachment (RFC 6266); even opened, it may run and load nothing. */
export function sendAttachment(ctx: Context, { name, mediaType, bytes }: Download): void {
  ctx.attachment(name);
  ctx.set({
    'Content-Security-Policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
    'Cache-Control': 'no-store',
  });
  ctx.status = 200;
  ctx.type = mediaType;
  ctx.body = bytes;
}
