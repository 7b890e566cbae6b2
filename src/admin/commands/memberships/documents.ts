/** Powers of attorney as a reviewer sees them: what they say, whether that fits, and their files. */
import type { PowerView } from '../../../attorney/attorney';
import { compareFacts } from '../../../attorney/compare-facts';
import { createFileStore } from '../../../attorney/files';
import { readPowerFile } from '../../../attorney/read-power-file';
import type { MembershipView } from '../../../companies/memberships/membership';
import type { AdminContext, AdminTools } from '../../admin';
import type { Printer } from '../../print/printer';

/** A power of attorney in JSON, with what a machine-readable one says beside what the application says. */
export const powerJson = (power: PowerView, view: MembershipView, now: Date) => ({
  kind: power.kind,
  state: power.state,
  added_at: power.addedAt,
  valid_until: power.validUntil,
  decided_at: power.decidedAt,
  decided_by: power.decidedBy,
  files: power.files.map(({ originalName, mediaType, size, sha256 }) => ({
    ...{ name: originalName, media_type: mediaType, size, sha256 },
  })),
  facts: power.facts ?? null,
  comparisons: power.facts ? compareFacts(power.facts, view, now) : null,
});

/** The same line by line. */
export function powerFacts(
  power: PowerView,
  view: MembershipView,
  now: Date,
  print: Printer,
): [string, string][] {
  const { kind, state, files, facts, validUntil } = power;
  const until = validUntil ? `, valid until ${print.time(validUntil)}` : '';
  const names = files.map(({ originalName }) => originalName).join(', ');
  const head: [string, string] = [
    'Power of attorney',
    `${kind === 'mchd' ? 'machine-readable' : 'scan'}, ${state}${until}: ${names}`,
  ];
  if (!facts) return [head];
  const { number, principal, issuedOn, delegated, powers } = facts;
  return [
    head,
    ['  number', number],
    ['  given by', principal.name],
    ['  issued', `${issuedOn}${delegated ? ', passed on by somebody who holds one' : ''}`],
    ...compareFacts(facts, view, now).map(({ field, said, expected, match }): [string, string] => [
      `  ${field}`,
      match ? `${said}: fits` : `${said || 'nothing'}: DOES NOT FIT, expected ${expected || 'nothing'}`,
    ]),
    ['  allows', powers.map(({ name }) => name).join('; ') || 'nothing that it names'],
  ];
}

/** Saves every file of these on the operator's side; gives the paths. @throws Failure */
export async function saveDocuments(
  { io }: AdminContext,
  tools: AdminTools,
  { number }: MembershipView,
  powers: readonly PowerView[],
  folder: string,
): Promise<string[]> {
  const store = { ...tools, files: createFileStore(tools.config) };
  const saved: string[] = [];
  for (const [index, { files }] of powers.entries()) {
    for (const { id, position, originalName } of files) {
      const read = await readPowerFile(store, id);
      if (!read) continue;
      const name = `${number}-${index + 1}-${position + 1}-${originalName}`;
      await io.saveFile(folder, name, read.bytes);
      saved.push(`${folder}/${name}`);
    }
  }
  return saved;
}
