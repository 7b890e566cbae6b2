/**
 * The picture of an answer. A person needs the shape of each digit and their order; a recogniser needs to
 * part digits from each other and from the background. So digits touch, stand crooked on a bent sheet
 * and on no common base line, and are crossed by lines as dark and thick as their own strokes.
 */
import { seededRandom, type SeededRandom } from '../seeded-random';
import { createCanvas, paint, type Canvas, type Dab } from './canvas';
import { outlinesOf, type Outline, type Point } from './outlines';
import { encodePng } from './png';
import { createWarp, type Warp } from './warp';

/** Pixels of the PNG; pages show it at half of that, so that it is sharp on dense screens. */
export const PICTURE_SIZE = { width: 400, height: 140 } as const;

/** The PNG that shows `answer`. The same seed gives the same bytes. Carries its own light background. */
export function drawAnswer(answer: string, seed: Buffer): Buffer {
  const canvas = drawCanvas(answer, seed);
  return encodePng(canvas.width, canvas.height, toTones(canvas));
}

/** The same picture before it is encoded. */
export function drawCanvas(answer: string, seed: Buffer): Canvas {
  const random = seededRandom(seed, 'picture');
  const canvas = createCanvas(PICTURE_SIZE.width, PICTURE_SIZE.height);
  drawDigits(canvas, random, createWarp(random, 3.5), answer);
  drawLines(canvas, random);
  speckle(canvas, random);
  return canvas;
}

function drawDigits(canvas: Canvas, random: SeededRandom, warp: Warp, answer: string): void {
  const advance = random.between(62, 67);
  let x = canvas.width / 2 - (advance * (answer.length - 1)) / 2 + random.between(-12, 12);
  for (const digit of answer) {
    const centre = { x: x + random.between(-4, 4), y: canvas.height / 2 + random.between(-22, 22) };
    drawDigit(canvas, random, warp, random.pick(outlinesOf(digit)), centre);
    x += advance;
  }
}

function drawDigit(canvas: Canvas, random: SeededRandom, warp: Warp, outline: Outline, centre: Point): void {
  const place = placement(random, centre);
  const radius = random.between(3.3, 3.9);
  const nib = random.between(0, Math.PI);
  const strokes = outline.map((stroke) =>
    stroke.map((point) => {
      const at = place(point);
      const pull = warp(at.x, at.y);
      return { x: at.x + pull.x, y: at.y + pull.y };
    }),
  );
  const lift = liftInto(canvas, strokes.flat());
  for (const stroke of strokes) {
    const lifted = stroke.map(({ x, y }) => ({ x, y: y + lift }));
    paint(canvas, withNib(lifted, radius, nib), 'ink');
  }
}

/** Pixels kept free above and below every digit, thickness of its strokes included. */
const MARGIN = 7;

/** How far down (or, below 0, up) these points have to go to stand on the sheet as a whole. */
function liftInto(canvas: Canvas, points: readonly Point[]): number {
  const heights = points.map(({ y }) => y);
  const over = MARGIN - Math.min(...heights);
  const under = canvas.height - 1 - MARGIN - Math.max(...heights);
  return over > 0 ? over : Math.min(0, under);
}

/**
 * A broad pen held at one angle: strokes are thick across it and thin along it. The lines over them are
 * neither the thickest nor the thinnest, so what opens the lines away breaks the digits too.
 */
function withNib(points: readonly Point[], radius: number, nib: number): Dab[] {
  return points.map((point, index) => {
    const from = points[index - 1] ?? point;
    const to = points[index + 1] ?? point;
    const direction = Math.atan2(to.y - from.y, to.x - from.x);
    return { ...point, radius: radius + 1.1 * Math.cos(2 * (direction - nib)) };
  });
}

/** Size, slant and turn of one digit. A turn stays far from the one that makes a 9 of a 6. */
function placement(random: SeededRandom, centre: Point): (point: Point) => Point {
  const height = random.between(76, 98);
  const width = height * random.between(1, 1.15);
  const slant = random.between(-0.08, 0.18);
  const turn = random.between(-0.25, 0.25);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return (point) => {
    const y = point.y * height;
    const x = point.x * width - slant * y;
    return { x: centre.x + cos * x - sin * y, y: centre.y + sin * x + cos * y };
  };
}

/** A light cut, then two dark lines that cross: side by side they would hide a row of strokes from people as well. */
function drawLines(canvas: Canvas, random: SeededRandom): void {
  const [upper, lower] = [random.between(28, 55), random.between(85, 112)];
  const [left, right] = [random.between(50, 90), random.between(50, 90)];
  paint(canvas, curve(random, left, right, random.between(1.4, 1.9)), 'eraser');
  paint(canvas, curve(random, upper, lower, random.between(2.6, 3.2)), 'ink');
  paint(canvas, curve(random, lower, upper, random.between(2.6, 3.2)), 'ink');
}

/** A wavy line from height `from` at the left edge to `to` at the right one. */
function curve(random: SeededRandom, from: number, to: number, radius: number): Dab[] {
  const height = random.between(10, 22);
  const waves = random.between(0.9, 2) * 2 * Math.PI;
  const phase = random.between(0, 2 * Math.PI);
  return Array.from({ length: 61 }, (_, step) => {
    const along = step / 60;
    const y = from + (to - from) * along + height * Math.sin(phase + waves * along);
    return { x: along * (PICTURE_SIZE.width + 20) - 10, y, radius };
  });
}

function speckle(canvas: Canvas, random: SeededRandom): void {
  for (let dot = 0; dot < 150; dot++) {
    const at = { x: random.between(4, canvas.width - 4), y: random.between(4, canvas.height - 4) };
    paint(canvas, [{ ...at, radius: random.between(0.5, 1.6) }], dot % 3 === 0 ? 'eraser' : 'ink');
  }
}

/** Dark on light, as much as a screen can. */
function toTones({ ink }: Canvas): Uint8Array {
  const tones = new Uint8Array(ink.length);
  for (let at = 0; at < tones.length; at++) tones[at] = Math.round(15 - 14 * (ink[at] ?? 0));
  return tones;
}
