// Names of the module and not of the global object: this is the innermost loop of a picture.
const { ceil, floor, max, min, sqrt } = Math;

/** A sheet of ink: how much of each pixel is covered, from 0 to 1. */
export interface Canvas {
  width: number;
  height: number;
  ink: Float32Array;
}

/** A point of a brush stroke; `radius` is half the width of the brush there, in pixels. */
export interface Dab {
  x: number;
  y: number;
  radius: number;
}

/** Lays ink on, or takes it away. */
export type Brush = 'ink' | 'eraser';

export function createCanvas(width: number, height: number): Canvas {
  return { width, height, ink: new Float32Array(width * height) };
}

/** Draws a smooth-edged line through the dabs, with round ends. A single dab makes a dot. */
export function paint(canvas: Canvas, dabs: readonly Dab[], brush: Brush): void {
  const [first] = dabs;
  if (first && dabs.length === 1) paintSegment(canvas, first, first, brush);
  for (let index = 1; index < dabs.length; index++) {
    const from = dabs[index - 1];
    const to = dabs[index];
    if (from && to) paintSegment(canvas, from, to, brush);
  }
}

/** Coverage falls from 1 to 0 within the one pixel around the edge: antialiasing by distance. */
function paintSegment(canvas: Canvas, from: Dab, to: Dab, brush: Brush): void {
  const reach = max(from.radius, to.radius) + 1;
  const left = max(0, floor(min(from.x, to.x) - reach));
  const right = min(canvas.width - 1, ceil(max(from.x, to.x) + reach));
  const top = max(0, floor(min(from.y, to.y) - reach));
  const bottom = min(canvas.height - 1, ceil(max(from.y, to.y) + reach));
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const square = dx * dx + dy * dy || 1;

  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const along = min(1, max(0, ((x - from.x) * dx + (y - from.y) * dy) / square));
      const offX = x - from.x - along * dx;
      const offY = y - from.y - along * dy;
      const radius = from.radius + along * (to.radius - from.radius);
      const cover = min(1, radius + 0.5 - sqrt(offX * offX + offY * offY));
      if (cover > 0) blend(canvas.ink, y * canvas.width + x, cover, brush);
    }
  }
}

function blend(ink: Float32Array, at: number, cover: number, brush: Brush): void {
  const before = ink[at] ?? 0;
  ink[at] = brush === 'ink' ? max(before, cover) : min(before, 1 - cover);
}
