/** Many decisions from a file: each in a transaction of its own, so that one that cannot be made stops no other. */
import { z } from 'zod';
import type { ApprovalResult, SeenApplication } from '../../../companies/memberships/decide-membership';
import { Failure } from '../../admin';
import type { Run } from '../../command';

/** More than anybody looks at in a day. */
const MAX_FILE = 4 * 1024 * 1024;
const MAX_LINES = 10_000;

const whole = z.int().min(1).max(999_999_999);
const entry = z.object({ number: whole, version: whole });
const page = z.object({ items: z.array(entry) });

/**
 * Reads `number version` or a JSON object on each line, or a whole page of `approvals list --json`; empty lines and
 * those that begin with # are passed over. @throws Failure naming the first line that cannot be read
 */
export function readApplications(text: string): SeenApplication[] {
  const whole = page.safeParse(parseJson(text));
  if (whole.success) return whole.data.items;
  const read: SeenApplication[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.replace(/^\uFEFF/, '').trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const [, number, version] = /^(\d{1,9})[\s,;]+(\d{1,9})$/.exec(trimmed) ?? [];
    const given =
      number === undefined ? parseJson(trimmed) : { number: Number(number), version: Number(version) };
    const seen = entry.safeParse(given);
    if (!seen.success)
      throw new Failure('usage', `Line ${index + 1} does not say number and version; nothing was done.`);
    read.push(seen.data);
  }
  return read;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export async function decideMany(
  { context, print }: Run,
  path: string,
  json: true | undefined,
  act: (seen: SeenApplication) => Promise<ApprovalResult>,
): Promise<void> {
  const text = (await context.io.readFile(path, MAX_FILE)).toString('utf8');
  const applications = readApplications(text);
  if (applications.length === 0) throw new Failure('usage', 'The file names no application.');
  if (applications.length > MAX_LINES)
    throw new Failure('usage', `The file names more than ${MAX_LINES} applications; nothing was done.`);
  const results: (SeenApplication & { result: ApprovalResult | 'failed' })[] = [];
  for (const seen of applications) {
    const result = await act(seen).catch(() => 'failed' as const);
    results.push({ ...seen, result });
    if (!json) print.line(`${seen.number} ${result}`);
  }
  const good = results.filter(({ result }) => result === 'done' || result === 'voted').length;
  if (json) print.json({ decided: good, failed: results.length - good, results });
  if (good < results.length)
    throw new Failure('conflict', `${results.length - good} of ${results.length} could not be decided.`);
}
