/** Files that people attached, given out so that a browser keeps them and never opens them as ours. */
import { Refusal } from '../../errors';
import type { Context } from '../context';
import { createPlaces } from '../places';

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

/** With 10 MiB each, and once more while they are opened, about 480 MiB at worst in one process. */
const takePlace = createPlaces({ all: 24, ofOne: 6 });

/**
 * Answers with a stored file. Its bytes stay in memory until the last is on its way, or the reader has gone: so long it
 * takes one of a few places.
 * @param read undefined when there is no such file, or not for this person
 * @throws Refusal not_found | overloaded
 */
export async function sendStored(ctx: Context, read: () => Promise<Download | undefined>): Promise<void> {
  const leave = takePlace(ctx);
  ctx.res.once('close', leave);
  // Somebody who has gone already is no longer told of.
  if (ctx.res.closed || ctx.res.destroyed) leave();
  const found = await read();
  if (!found) throw new Refusal('not_found');
  sendAttachment(ctx, found);
}
