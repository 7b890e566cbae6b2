/** What another version of a text says differently, line by line. */

export interface ChangedLine {
  kind: 'same' | 'added' | 'removed';
  line: string;
}

/** Beyond so many comparisons nobody would read the answer either. */
const MOST_COMPARISONS = 4_000_000;

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

/**
 * The lines of both texts in order, by their longest common subsequence; blank ones do not count. Undefined when the
 * texts are too long to be compared.
 */
export function changedLines(before: string, after: string): ChangedLine[] | undefined {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  if (old.length * fresh.length > MOST_COMPARISONS) return undefined;
  const width = fresh.length + 1;
  // lengths[i * width + j]: of the longest common subsequence of old from i on and fresh from j on.
  const lengths = new Uint32Array((old.length + 1) * width);
  const length = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = fresh.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        old[i] === fresh[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1));
  const lines: ChangedLine[] = [];
  for (let i = 0, j = 0; i < old.length || j < fresh.length;) {
    const [left, right] = [old[i], fresh[j]];
    if (left !== undefined && left === right) {
      lines.push({ kind: 'same', line: left });
      i++;
      j++;
    } else if (left !== undefined && (right === undefined || length(i + 1, j) >= length(i, j + 1))) {
      lines.push({ kind: 'removed', line: left });
      i++;
    } else if (right !== undefined) {
      lines.push({ kind: 'added', line: right });
      j++;
    }
  }
  return lines;
}
