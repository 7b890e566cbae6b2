/**
 * JPEG and PNG by their structure. What follows the end of the picture (a video that phones append, an archive,
 * a page of HTML) is cut off: it is no part of the picture, and a second file inside a first one is how uploads
 * are smuggled.
 */
import { crc32 } from 'node:zlib';

export interface Picture {
  mediaType: 'image/jpeg' | 'image/png';
  width: number;
  height: number;
  /** Bytes up to the picture's own end. */
  end: number;
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export const looksLikeJpeg = (bytes: Buffer): boolean =>
  bytes.length > 3 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;

export const looksLikePng = (bytes: Buffer): boolean => bytes.subarray(0, 8).equals(PNG_SIGNATURE);

/** Undefined when a chunk is damaged, the end is missing, or the first chunk is no header (PNG, third edition, §5). */
export function readPng(bytes: Buffer): Picture | undefined {
  let at = PNG_SIGNATURE.length;
  let size: { width: number; height: number } | undefined;
  let hasPixels = false;
  while (at + 12 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    const end = at + 12 + length;
    if (end > bytes.length) return undefined;
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) return undefined;
    if (!size) {
      if (type !== 'IHDR' || length !== 13) return undefined;
      size = { width: bytes.readUInt32BE(at + 8), height: bytes.readUInt32BE(at + 12) };
    }
    hasPixels ||= type === 'IDAT';
    at = end;
    if (type === 'IEND') return hasPixels ? { mediaType: 'image/png', ...size, end: at } : undefined;
  }
  return undefined;
}

/** Markers that stand alone, without a length: TEM and RST0 to RST7 (ITU-T T.81, table B.1). */
const standsAlone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
/** SOF0 to SOF15 without DHT, JPG and DAC, which share their range. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/** Undefined when a segment runs out of the file, the frame is missing, or the picture has no end. */
export function readJpeg(bytes: Buffer): Picture | undefined {
  let at = 2;
  let size: { width: number; height: number } | undefined;
  let hasScan = false;
  while (at + 2 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] ?? 0;
    at += 1;
    // Any number of 0xff may fill up the room before a marker.
    if (marker === 0xff) continue;
    at += 1;
    if (marker === END_OF_IMAGE)
      return size && hasScan ? { mediaType: 'image/jpeg', ...size, end: at } : undefined;
    if (standsAlone(marker)) continue;
    if (at + 2 > bytes.length) return undefined;
    const length = bytes.readUInt16BE(at);
    if (length < 2 || at + length > bytes.length) return undefined;
    if (isFrame(marker)) {
      if (length < 8) return undefined;
      size = { height: bytes.readUInt16BE(at + 3), width: bytes.readUInt16BE(at + 5) };
    }
    at += length;
    if (marker === START_OF_SCAN) {
      hasScan = true;
      at = endOfScan(bytes, at);
    }
  }
  return undefined;
}

/** The next marker behind compressed data, in which 0xff00 is a byte and RSTn a pause. */
function endOfScan(bytes: Buffer, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0 && at + 1 < bytes.length) {
    const next = bytes[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && !standsAlone(next)) return at;
    at = bytes.indexOf(0xff, at + 1);
  }
  return bytes.length;
}
