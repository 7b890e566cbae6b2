import type { SeededRandom } from '../seeded-random';

/** How far the sheet is pulled at a place, in pixels. */
export type Warp = (x: number, y: number) => { x: number; y: number };

/** A smooth random field: a few waves of different lengths and directions, laid over each other. */
export function createWarp(random: SeededRandom, strength: number): Warp {
  const across = waves(random, strength);
  const down = waves(random, strength);
  return (x, y) => ({ x: sum(across, x, y), y: sum(down, x, y) });
}

interface Wave {
  height: number;
  perX: number;
  perY: number;
  phase: number;
}

/** Long waves move whole digits, short ones bend their strokes. */
const LENGTHS = [230, 130, 75];

function waves(random: SeededRandom, strength: number): Wave[] {
  return LENGTHS.map((length) => {
    const angle = random.between(0, 2 * Math.PI);
    const frequency = (2 * Math.PI) / (length * random.between(0.85, 1.15));
    return {
      height: strength * Math.sqrt(length / 230) * random.between(0.7, 1),
      perX: Math.cos(angle) * frequency,
      perY: Math.sin(angle) * frequency,
      phase: random.between(0, 2 * Math.PI),
    };
  });
}

function sum(list: readonly Wave[], x: number, y: number): number {
  let total = 0;
  for (const wave of list) total += wave.height * Math.sin(wave.perX * x + wave.perY * y + wave.phase);
  return total;
}
