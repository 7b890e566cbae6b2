import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const GREYSCALE = 0;
/** 16 tones are enough for smooth edges and halve what has to be compressed. */
const BITS = 4;

/**
 * A greyscale PNG of `tones`, one per pixel, row by row, from 0 (black) to 15 (white). `width` is even.
 * Only IHDR, IDAT and IEND (W3C PNG, third edition, §5.6): no chunk that could carry words.
 */
export function encodePng(width: number, height: number, tones: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = BITS;
  header[9] = GREYSCALE;
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(packRows(width, height, tones))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Each row: filter type 0 (none), then two pixels a byte, the left one in the high bits (§7.2). */
function packRows(width: number, height: number, tones: Uint8Array): Buffer {
  const packed = Buffer.alloc(height * (1 + width / 2));
  let from = 0;
  for (let row = 0; row < height; row++) {
    const start = row * (1 + width / 2) + 1;
    for (let pair = 0; pair < width / 2; pair++) {
      packed[start + pair] = ((tones[from++] ?? 0) << 4) | (tones[from++] ?? 0);
    }
  }
  return packed;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
