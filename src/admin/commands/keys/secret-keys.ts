import type { Command } from 'commander';
import { listSecretKeyUse, type SecretKeyUse } from '../../../storage/secret-keys';
import type { AdminContext } from '../../admin';
import { addLeaf, addNoun, startRun, type AddCommands } from '../../command';
import type { Printer } from '../../print/printer';

/** `secret-keys`: which keys of SECRET_KEY are still needed. */
export const addSecretKeys: AddCommands = (program, context) => {
  const noun = addNoun(program, 'secret-keys', {
    summary: 'the master keys of SECRET_KEY, by their short names',
    examples: ['secret-keys list'],
  });
  addList(noun, context);
};

type Verdict = 'newest' | 'unused' | 'needed' | 'removable' | 'missing';

/** Whether a key may be taken out of SECRET_KEY, or has been too early. */
function verdictOf({ place, newestFrom, sessionsUntil, holds }: SecretKeyUse, now: Date): Verdict {
  if (place === 1) return 'newest';
  if (place === undefined) return 'missing';
  if (Object.keys(holds).length > 0 || (sessionsUntil && sessionsUntil > now)) return 'needed';
  return newestFrom ? 'removable' : 'unused';
}

const MEANINGS: Record<Verdict, string> = {
  newest: 'seals and signs',
  unused: 'may become the first when every node has it',
  needed: 'keep it in SECRET_KEY',
  removable: 'may be taken out of SECRET_KEY; keep it for audit verify',
  missing: 'NOT IN SECRET_KEY: what it holds cannot be opened',
};

function addList(noun: Command, context: AdminContext): void {
  addLeaf(noun, 'list', {
    summary: 'what each key still holds, and whether it may be taken out',
    examples: ['secret-keys list', 'secret-keys list --json'],
  }).action(async ({ json }: { json?: true }) => {
    const { tools, print } = await startRun(context);
    const { db, secrets, clock, config } = tools;
    const uses = (await listSecretKeyUse(db, secrets, clock, config)).map((use) => ({
      ...use,
      verdict: verdictOf(use, clock.now()),
    }));
    if (json) print.json({ items: uses.map(useJson), next: null });
    else printUses(print, uses);
  });
}

type Judged = SecretKeyUse & { verdict: Verdict };

const useJson = ({ id, place, newestFrom, newestUntil, sessionsUntil, holds, verdict }: Judged) => ({
  id,
  place: place ?? null,
  state: verdict,
  newest_from: newestFrom ?? null,
  newest_until: newestUntil ?? null,
  sessions_until: sessionsUntil ?? null,
  holds,
});

function printUses(print: Printer, uses: readonly Judged[]): void {
  const held = ({ holds }: Judged): string =>
    Object.entries(holds)
      .map(([name, number]) => `${number} ${name}`)
      .join(', ') || '–';
  print.table(uses, [
    { title: 'KEY', cell: ({ id }) => id },
    { title: 'PLACE', cell: ({ place }) => (place === undefined ? '–' : String(place)) },
    print.timeColumn('SESSIONS UNTIL', ({ sessionsUntil }) => sessionsUntil ?? null),
    { title: 'HOLDS', cell: held, shrinks: true },
    {
      title: 'MEANING',
      cell: ({ verdict }) => MEANINGS[verdict],
      shrinks: true,
      alarming: ({ verdict }) => verdict === 'missing',
    },
  ]);
}
