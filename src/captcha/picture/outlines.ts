/**
 * The digits as a pen writes them: our own drawings, two or three per digit, each a path of strokes in a
 * box 60 wide and 100 high (M move, L line, C cubic curve, all absolute).
 */
export interface Point {
  x: number;
  y: number;
}

/** Strokes of one drawing; the middle of the box is 0, its height 1. */
export type Outline = readonly (readonly Point[])[];

const PATHS: Record<string, readonly string[]> = {
  '0': [
    'M30 0 C50 0 59 22 59 50 C59 78 50 100 30 100 C10 100 1 78 1 50 C1 22 10 0 30 0',
    'M32 0 C54 2 62 30 58 58 C55 86 44 100 28 100 C8 98 -1 74 2 44 C5 16 16 -1 34 1',
    'M30 2 C46 2 54 18 54 50 C54 82 46 98 30 98 C14 98 6 82 6 50 C6 18 14 2 30 2',
  ],
  '1': [
    'M17 21 L36 2 L36 100',
    'M16 20 L34 1 L34 98 M12 99 L56 99',
    'M17 22 C25 18 32 11 37 0 C37 30 36 70 34 100',
  ],
  '2': [
    'M4 28 C4 -8 56 -10 56 27 C56 52 18 70 3 98 L59 98',
    'M6 20 C16 -8 58 -4 54 30 C51 50 30 72 4 97 C20 92 40 101 60 95',
    'M5 24 C10 -4 52 -10 53 26 C53 42 44 54 4 99 L58 99',
  ],
  '3': [
    'M5 15 C16 -7 54 -6 54 24 C54 42 40 48 24 48 C44 48 58 56 58 74 C58 106 14 108 2 83',
    'M8 8 C28 -8 52 2 51 22 C50 38 38 46 26 47 C46 46 60 58 57 76 C54 102 18 106 3 90',
    'M6 20 C10 -4 50 -6 53 22 C54 40 40 47 26 48 C46 48 57 60 57 75 C56 104 12 106 3 80',
  ],
  '4': [
    'M48 100 L48 1 L1 67 L62 67',
    'M14 0 L4 58 L59 58 M42 24 L42 100',
    'M18 1 C14 24 8 44 2 62 C20 65 40 64 59 62 M45 18 C44 44 42 72 43 100',
  ],
  '5': [
    'M54 2 L12 2 L8 45 C24 32 60 36 58 68 C56 108 12 106 2 85',
    'M56 3 C40 6 26 4 13 3 L9 46 C30 34 58 44 56 70 C54 98 24 106 3 92',
    'M12 2 L10 43 C34 34 58 46 56 70 C54 100 18 106 3 88 M12 3 L54 1',
  ],
  '6': [
    'M50 2 C20 14 2 42 2 68 C2 88 14 100 30 100 C46 100 58 88 58 70 C58 52 46 43 32 43 C16 43 4 54 3 70',
    'M53 15 C42 -8 3 -6 2 60 C2 88 14 100 31 100 C48 100 58 86 57 70 C56 50 44 42 31 43 C14 44 4 56 3 72',
  ],
  '7': ['M0 2 L60 2 L16 100', 'M1 3 L59 3 L15 100 M12 54 L58 52', 'M0 20 L1 2 L60 2 C42 30 24 62 18 100'],
  '8': [
    'M30 47 C10 46 6 34 6 24 C6 8 16 0 30 0 C44 0 54 8 54 24 C54 34 50 46 30 47 C8 48 1 62 1 74 C1 92 14 100 30 100 C46 100 59 92 59 74 C59 62 52 48 30 47',
    'M51 18 C46 -6 10 -5 8 20 C7 46 58 46 57 74 C56 108 4 108 4 76 C4 54 54 42 51 18',
  ],
  '9': [
    'M10 98 C40 86 58 58 58 32 C58 12 46 0 30 0 C14 0 2 12 2 30 C2 48 14 57 28 57 C44 57 56 46 57 30',
    'M7 85 C18 108 57 106 58 40 C58 12 46 0 29 0 C12 0 2 14 3 30 C4 50 16 58 29 57 C46 56 56 44 57 28',
    'M54 30 C54 46 42 56 28 56 C14 56 4 46 4 29 C4 12 14 1 29 1 C44 1 54 12 55 28 L52 100',
  ],
};

/** Steps per piece: short enough that bent digits stay smooth. */
const CURVE_STEPS = 10;
const LINE_STEPS = 6;

const OUTLINES = new Map(Object.entries(PATHS).map(([digit, paths]) => [digit, paths.map(flatten)]));

/** All drawings of a digit. @throws Error for anything but one digit. */
export function outlinesOf(digit: string): readonly Outline[] {
  const outlines = OUTLINES.get(digit);
  if (!outlines) throw new Error('no outline');
  return outlines;
}

function flatten(path: string): Outline {
  const strokes: Point[][] = [];
  for (const [, command, numbers] of path.matchAll(/([MLC])([^MLC]*)/g)) {
    const points = toPoints(numbers ?? '');
    if (command === 'M') strokes.push(points);
    else extend(strokes.at(-1) ?? [], points);
  }
  return strokes;
}

function toPoints(numbers: string): Point[] {
  const values = numbers.trim().split(/\s+/).map(Number);
  const points: Point[] = [];
  for (let at = 0; at + 1 < values.length; at += 2) {
    points.push({ x: ((values[at] ?? 0) - 30) / 100, y: ((values[at + 1] ?? 0) - 50) / 100 });
  }
  return points;
}

/** Adds a Bézier piece from the last point of the stroke: one further point is a line, three a cubic curve. */
function extend(stroke: Point[], controls: readonly Point[]): void {
  const start = stroke.at(-1);
  if (!start) throw new Error('a path starts with M');
  const steps = controls.length === 1 ? LINE_STEPS : CURVE_STEPS;
  for (let step = 1; step <= steps; step++) stroke.push(onBezier([start, ...controls], step / steps));
}

/** De Casteljau: halves the hull again and again until one point is left. */
function onBezier(hull: readonly Point[], t: number): Point {
  const [first, ...rest] = hull;
  if (!first) throw new Error('empty hull');
  if (rest.length === 0) return first;
  let before = first;
  const inner = rest.map((point) => {
    const between = { x: before.x + t * (point.x - before.x), y: before.y + t * (point.y - before.y) };
    before = point;
    return between;
  });
  return onBezier(inner, t);
}
