/**
 * How many captcha pictures tesseract reads: `npx ts-node -T bench/captcha-ocr.ts [count] [--out DIR]`.
 * A picture counts as read when any preparation, in any page mode, gives exactly the answer: that is kinder
 * to the robot than life, which has one try. `--out` keeps the pictures, named by their answers, for a
 * person to look at.
 */
import { execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { createCanvas, type Canvas } from '../src/captcha/picture/canvas';
import { drawAnswer, drawCanvas } from '../src/captcha/picture/draw';
import { encodePng } from '../src/captcha/picture/png';

interface Sample {
  answer: string;
  canvas: Canvas;
  png: Buffer;
}

type Preparation = (sample: Sample) => Buffer;

/** What a robot's maker tries first. Opening takes thin lines away, closing mends cuts. */
const PREPARATIONS: Record<string, Preparation> = {
  'as it is': ({ png }) => png,
  'half size': ({ canvas }) => encode(halve(canvas)),
  'opened by 2': ({ canvas }) => encode(open(threshold(canvas), 2)),
  'opened by 3': ({ canvas }) => encode(open(threshold(canvas), 3)),
  'closed by 2, opened by 3': ({ canvas }) => encode(open(close(threshold(canvas), 2), 3)),
};

const PAGE_MODES = ['7', '8'];

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string' } },
  });
  const count = Number(positionals[0] ?? 200);
  if (!Number.isInteger(count) || count < 1)
    throw new Error('the number of pictures is a whole number above 0');
  const samples = Array.from({ length: count }, makeSample);
  if (values.out !== undefined) keep(samples, values.out);
  print(`${millisecondsPerPicture().toFixed(2)} ms per picture`);
  await judge(samples);
}

function makeSample(): Sample {
  const answer = String(randomInt(100_000)).padStart(5, '0');
  const seed = randomBytes(32);
  return { answer, canvas: drawCanvas(answer, seed), png: drawAnswer(answer, seed) };
}

function keep(samples: readonly Sample[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const { answer, png } of samples) writeFileSync(join(folder, `${answer}.png`), png);
}

function millisecondsPerPicture(rounds = 200): number {
  for (let round = 0; round < 50; round++) drawAnswer('01234', randomBytes(32));
  const start = performance.now();
  for (let round = 0; round < rounds; round++) drawAnswer('56789', randomBytes(32));
  return (performance.now() - start) / rounds;
}

async function judge(samples: readonly Sample[]): Promise<void> {
  const read = new Set<number>();
  for (const [name, prepare] of Object.entries(PREPARATIONS)) {
    const pictures = samples.map(prepare);
    const results = await Promise.all(PAGE_MODES.map((mode) => recognise(pictures, mode)));
    results.forEach((texts, at) => {
      const hits = samples.flatMap(({ answer }, index) => (texts[index] === answer ? [index] : []));
      for (const hit of hits) read.add(hit);
      const digits = percent(digitHits(samples, texts), samples.length * 5);
      print(`  ${name}, psm ${PAGE_MODES[at]}: ${hits.length} read, ${digits} of the digits in place`);
    });
  }
  print(`tesseract read ${read.size} of ${samples.length} (${percent(read.size, samples.length)})`);
}

const print = (line: string): boolean => process.stdout.write(`${line}\n`);

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;

function digitHits(samples: readonly Sample[], texts: readonly string[]): number {
  return samples.reduce(
    (sum, { answer }, index) => sum + [...answer].filter((digit, at) => texts[index]?.[at] === digit).length,
    0,
  );
}

/** What tesseract reads in each picture, without spaces. */
async function recognise(pictures: readonly Buffer[], mode: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'captcha-ocr-'));
  try {
    const names = pictures.map((picture, index) => {
      const name = join(folder, `${index}.png`);
      writeFileSync(name, picture);
      return name;
    });
    return await recogniseFiles(names, mode, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One run over all files; tesseract parts its pages by form feeds. Where it crashes (5.3.0 does, by SIGFPE), each half is tried alone. */
async function recogniseFiles(names: readonly string[], mode: string, folder: string): Promise<string[]> {
  const list = join(folder, `list-${mode}.txt`);
  writeFileSync(list, names.join('\n'));
  const options = { maxBuffer: 64 * 1024 * 1024, env: { ...process.env, OMP_THREAD_LIMIT: '1' } };
  const parameters = [list, 'stdout', '--psm', mode, '-c', 'tessedit_char_whitelist=0123456789'];
  try {
    const { stdout } = await promisify(execFile)('tesseract', parameters, options);
    return stdout.split('\f').map((page) => page.replace(/\s+/g, ''));
  } catch (error) {
    if (!crashed(error)) throw error;
    if (names.length === 1) return [''];
    const middle = names.length >> 1;
    const left = (await recogniseFiles(names.slice(0, middle), mode, folder)).slice(0, middle);
    return [...left, ...(await recogniseFiles(names.slice(middle), mode, folder))];
  }
}

const crashed = (error: unknown): boolean =>
  error instanceof Error && 'signal' in error && typeof error.signal === 'string';

function map(canvas: Canvas, ink: (x: number, y: number) => number): Canvas {
  const made = createCanvas(canvas.width, canvas.height);
  for (let y = 0; y < made.height; y++) {
    for (let x = 0; x < made.width; x++) made.ink[y * made.width + x] = ink(x, y);
  }
  return made;
}

const inkAt = (canvas: Canvas, x: number, y: number): number =>
  x < 0 || y < 0 || x >= canvas.width || y >= canvas.height ? 0 : (canvas.ink[y * canvas.width + x] ?? 0);

function threshold(canvas: Canvas): Canvas {
  return map(canvas, (x, y) => (inkAt(canvas, x, y) > 0.5 ? 1 : 0));
}

/** Erosion and dilation by a disc: what is thinner than twice the radius goes, or fills up. */
const shrink = (canvas: Canvas, radius: number): Canvas => extreme(canvas, radius, Math.min);
const grow = (canvas: Canvas, radius: number): Canvas => extreme(canvas, radius, Math.max);

const open = (canvas: Canvas, radius: number): Canvas => grow(shrink(canvas, radius), radius);
const close = (canvas: Canvas, radius: number): Canvas => shrink(grow(canvas, radius), radius);

function extreme(canvas: Canvas, radius: number, choose: (a: number, b: number) => number): Canvas {
  const disc: [number, number][] = [];
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) if (dx * dx + dy * dy <= radius * radius) disc.push([dx, dy]);
  }
  return map(canvas, (x, y) =>
    disc.reduce((found, [dx, dy]) => choose(found, inkAt(canvas, x + dx, y + dy)), inkAt(canvas, x, y)),
  );
}

function halve(canvas: Canvas): Canvas {
  const made = createCanvas(canvas.width / 2, canvas.height / 2);
  for (let y = 0; y < made.height; y++) {
    for (let x = 0; x < made.width; x++) {
      const [left, top] = [2 * x, 2 * y];
      const four = inkAt(canvas, left, top) + inkAt(canvas, left + 1, top) + inkAt(canvas, left, top + 1);
      made.ink[y * made.width + x] = (four + inkAt(canvas, left + 1, top + 1)) / 4;
    }
  }
  return made;
}

const encode = (canvas: Canvas): Buffer =>
  encodePng(
    canvas.width,
    canvas.height,
    Uint8Array.from(canvas.ink, (ink) => Math.round(15 - 15 * ink)),
  );

main().catch((error: NodeJS.ErrnoException) => {
  const missing = error.code === 'ENOENT' && error.syscall?.startsWith('spawn') === true;
  process.stderr.write(
    missing ? 'tesseract is missing: apt-get install tesseract-ocr\n' : `${error.message}\n`,
  );
  process.exitCode = 1;
});
