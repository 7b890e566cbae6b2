/** The verdicts as text. */
import type { Result, Verdict } from './run';

const VERDICTS: readonly Verdict[] = ['pass', 'fail', 'waived'];

function counts(results: readonly Result[]): string {
  const count = (verdict: Verdict): number => results.filter((result) => result.verdict === verdict).length;
  return VERDICTS.map((verdict) => `${count(verdict)} ${verdict}`).join(', ');
}

/** One line a module, with its remarks below, and the counts of each group and of all. */
export function table(results: readonly Result[]): string {
  const lines: string[] = [];
  for (const group of new Set(results.map((result) => result.group))) {
    const own = results.filter((result) => result.group === group);
    lines.push('', `${group}: ${counts(own)}`);
    for (const { module, verdict, remarks } of own)
      lines.push(`  ${verdict.padEnd(6)}  ${module}`, ...remarks.map((remark) => `          ${remark}`));
  }
  const warned = results.filter(({ remarks }) => remarks.some((remark) => remark.startsWith('warning:')));
  lines.push('', `${results.length} modules: ${counts(results)}; ${warned.length} with warnings`);
  return lines.join('\n');
}
