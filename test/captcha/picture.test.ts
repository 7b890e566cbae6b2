import { crc32, inflateSync } from 'node:zlib';
import { drawAnswer, drawCanvas, PICTURE_SIZE } from '../../src/captcha/picture/draw';

const seed = (mark: number): Buffer => Buffer.alloc(32, mark);

interface Chunk {
  type: string;
  data: Buffer;
  sound: boolean;
}

function readChunks(png: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 4, at + 8 + length);
    const sound = crc32(body) === png.readUInt32BE(at + 8 + length);
    chunks.push({ type: body.toString('latin1', 0, 4), data: body.subarray(4), sound });
    at += 12 + length;
  }
  return chunks;
}

describe('the picture', () => {
  const png = drawAnswer('04815', seed(1));
  const chunks = readChunks(png);

  it('is a PNG of three sound chunks that carry no words', () => {
    expect(png.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
    expect(chunks.map(({ type, sound }) => [type, sound])).toEqual([
      ['IHDR', true],
      ['IDAT', true],
      ['IEND', true],
    ]);
  });

  it('is 400 × 140 in 16 greys, not interlaced', () => {
    const header = chunks[0]?.data;
    expect([header?.readUInt32BE(0), header?.readUInt32BE(4)]).toEqual([400, 140]);
    expect([...(header?.subarray(8) ?? [])]).toEqual([4, 0, 0, 0, 0]);
  });

  it('has a row of pixels for each line and ink on a light ground', () => {
    const rows = inflateSync(chunks[1]?.data ?? Buffer.alloc(0));
    expect(rows).toHaveLength(PICTURE_SIZE.height * (1 + PICTURE_SIZE.width / 2));
    const white = rows.filter((pair) => pair === 0xff).length / rows.length;
    expect(white).toBeGreaterThan(0.6);
    expect(white).toBeLessThan(0.95);
  });

  it('is the same for the same seed', () => {
    expect(drawAnswer('04815', seed(1)).equals(png)).toBe(true);
  });

  it('is another for another seed or answer', () => {
    const others = [2, 3, 4, 5].map((mark) => drawAnswer('04815', seed(mark)));
    others.push(drawAnswer('04816', seed(1)), png);
    expect(new Set(others.map((other) => other.toString('base64'))).size).toBe(others.length);
  });

  it('keeps every digit within its borders, where only the lines run out', () => {
    for (let mark = 0; mark < 200; mark++) {
      const digits = String(mark * 499).padStart(5, '0');
      const { ink, width, height } = drawCanvas(digits, seed(mark));
      const row = (y: number): number[] => Array.from(ink.subarray(y * width, (y + 1) * width));
      const column = (x: number): number[] =>
        Array.from({ length: height }, (_, y) => ink[y * width + x] ?? 0);
      expect(Math.max(...row(0), ...row(height - 1))).toBe(0);
      for (const edge of [column(0), column(width - 1)]) {
        expect(edge.filter((covered) => covered > 0.5).length).toBeLessThan(28);
      }
    }
  });

  it('refuses what is not a digit', () => {
    expect(() => drawAnswer('12a45', seed(1))).toThrow('no outline');
  });
});
