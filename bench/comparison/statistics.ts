/** What many values come down to. */

/** The smallest value that at least this part of all is not above. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/** Of few values the one in the middle, or the mean of the two that are there. */
export const median = (values: readonly number[]): number => between(values, 0.5);

/** Half of how far the quartiles lie apart, as a part of the median: a single odd value does not move it. */
export const spread = (values: readonly number[]): number =>
  (between(values, 0.75) - between(values, 0.25)) / 2 / median(values);

export const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

/** A quantile of few values: on the line between the two that are nearest to it. */
function between(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * part;
  const [lower = 0, upper = lower] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return lower + (upper - lower) * (at - Math.floor(at));
}
