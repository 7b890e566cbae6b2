import type { Command } from 'commander';
import { Failure, type AdminContext, type AdminTools, type KeyFacts } from '../../admin';
import {
  addLeaf,
  addNoun,
  confirm,
  startRun,
  takeRandomValues,
  type AddCommands,
  type Run,
} from '../../command';

interface ChangeOptions {
  json?: true;
  yes?: true;
}

/** `keys`: the keys that sign ID tokens. */
export const addKeys: AddCommands = (program, context) => {
  const keys = addNoun(program, 'keys', { summary: 'the keys that sign ID tokens', examples: ['keys list'] });
  addList(keys, context);
  addRotate(keys, context);
  addRevoke(keys, context);
};

const keyJson = (key: KeyFacts) => ({
  kid: key.kid,
  alg: key.alg,
  state: key.state,
  created_at: key.createdAt,
  state_since: key.stateSince,
  until: key.until,
  reason: key.reason,
});

/** What comes at `until`. */
const COMING: Partial<Record<KeyFacts['state'], string>> = {
  next: 'may sign',
  current: 'due',
  previous: 'retires',
};

function addList(keys: Command, context: AdminContext): void {
  addLeaf(keys, 'list', {
    summary: 'every key: current ones sign, next ones are published early, previous ones still verify',
    examples: ['keys list'],
  }).action(async ({ json }: { json?: true }) => {
    const { tools, print } = await startRun(context);
    const items = await tools.keys.list();
    if (json) {
      print.json({ items: items.map(keyJson), next: null });
      return;
    }
    print.table(items, [
      { title: 'KID', cell: ({ kid }) => kid },
      { title: 'ALG', cell: ({ alg }) => alg },
      { title: 'STATE', cell: ({ state }) => state, alarming: ({ state }) => state === 'revoked' },
      print.timeColumn('SINCE', ({ stateSince }) => stateSince),
      { title: 'THEN', cell: ({ state, reason }) => COMING[state] ?? reason ?? '–', shrinks: true },
      print.timeColumn('AT', ({ until }) => until),
    ]);
  });
}

function addRotate(keys: Command, context: AdminContext): void {
  addLeaf(keys, 'rotate', {
    summary: 'sign with the next keys from now on; what was signed before still verifies',
    examples: ['keys rotate', 'keys rotate --yes --json'],
  })
    .option('--yes', 'do not ask')
    .action(async ({ json, yes }: ChangeOptions) => {
      const { tools, actor, print } = await startRun(context);
      await refuseEarly(tools);
      await confirm(context, yes, 'The next keys begin to sign at once, and this cannot be turned back.');
      const early = await tools.keys.rotate(actor);
      if (early) throw tooEarly(early);
      const current = (await tools.keys.list()).filter(({ state }) => state === 'current');
      if (json) print.json({ current: current.map(keyJson) });
      else print.line(`Rotated. Now signing: ${current.map(({ alg, kid }) => `${alg} ${kid}`).join(', ')}.`);
      print.note('Every node signs with the new keys within a second; the old ones still verify.');
    });
}

/** Nobody is asked about what cannot be done. @throws Failure */
async function refuseEarly({ keys, clock }: AdminTools): Promise<void> {
  const next = (await keys.list()).filter(({ state }) => state === 'next');
  const ready = Math.max(...next.map(({ until }) => until?.getTime() ?? 0));
  if (ready > clock.now().getTime()) throw tooEarly(new Date(ready));
}

function tooEarly(readyAt: Date): Failure {
  return new Failure(
    'conflict',
    `The next keys have not been published long enough for every relying party to know them; rotate after ${readyAt.toISOString()}, or revoke the key that has leaked.`,
  );
}

interface RevokeOptions extends ChangeOptions {
  reason: string;
  all?: true;
}

function addRevoke(keys: Command, context: AdminContext): void {
  const leaf = addLeaf(keys, 'revoke [kid]', {
    summary: 'withdraw a key that has leaked: it is erased, and what it signed stops verifying',
    examples: [
      'keys revoke 3kYHd0Yb9oVDh4Fz1cXwTGp8aQe5sN2mLr7uJiKxB6M --reason "stolen backup"',
      'keys revoke --all --reason "SECRET_KEY and a backup were stolen"',
    ],
  });
  takeRandomValues(leaf)
    .requiredOption('--reason <text>', 'why, for keys list and the audit trail; 1 to 200 characters')
    .option('--all', 'every key in use; new ones sign at once')
    .option('--yes', 'do not ask')
    .action(async (kid: string | undefined, options: RevokeOptions) => {
      const run = await startRun(context);
      const chosen = await chooseKeys(run.tools, kid, options);
      await confirm(context, options.yes, consequence(chosen, run.tools));
      const revoked = await revokeEach(run, chosen, options.reason);
      if (options.json) {
        printRevoked(run, kid, revoked);
        return;
      }
      for (const { key, active } of revoked)
        run.print.line(
          `Revoked ${key.kid}.${active === undefined ? '' : ` Now signing ${key.alg}: ${active}.`}`,
        );
      run.print.note(meaning(run.tools));
    });
}

interface Revoked {
  key: KeyFacts;
  active: string | undefined;
}

function printRevoked(run: Run, kid: string | undefined, revoked: readonly Revoked[]): void {
  const items = revoked.map(({ key, active }) => ({
    kid: key.kid,
    state: 'revoked',
    active: active ?? null,
  }));
  run.print.json(kid === undefined ? { items, next: null } : items[0]);
}

/** The order in which they go: whatever takes a place must not be revoked itself a moment later. */
const ORDER: readonly KeyFacts['state'][] = ['previous', 'next', 'current'];

/** @throws Failure */
async function chooseKeys(
  { keys }: AdminTools,
  kid: string | undefined,
  { all, reason }: RevokeOptions,
): Promise<KeyFacts[]> {
  if ((kid === undefined) !== (all === true))
    throw new Failure('usage', 'Give the kid of one key, or --all.');
  if (reason.trim() === '' || reason.length > 200)
    throw new Failure('usage', '--reason takes 1 to 200 characters.');
  const usable = (await keys.list()).filter(({ state }) => ORDER.includes(state));
  const chosen = usable.filter((key) => all === true || key.kid === kid);
  if (chosen.length === 0) throw unknown();
  return chosen.sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
}

const unknown = (): Failure => new Failure('notFound', 'No key of this kid is in use; keys list shows them.');

function consequence(chosen: readonly KeyFacts[], tools: AdminTools): string {
  const [first] = chosen;
  const what =
    chosen.length === 1 && first
      ? `The ${first.state} ${first.alg} key is erased`
      : `All ${chosen.length} keys are erased`;
  return `${what}; everything signed with it becomes invalid. ${meaning(tools)}`;
}

function meaning({ keys: { maxAge } }: AdminTools): string {
  return `Nodes stop using it within a second, relying parties stop trusting it when their copy of the JWKS ends (${maxAge / 60} minutes). Nobody is signed out here.`;
}

async function revokeEach(
  { tools, actor }: Run,
  chosen: readonly KeyFacts[],
  reason: string,
): Promise<Revoked[]> {
  const revoked: Revoked[] = [];
  for (const key of chosen) {
    const done = await tools.keys.revoke(key.kid, { actor, reason });
    if (!done && chosen.length === 1) throw unknown();
    if (done) revoked.push({ key, active: done.active });
  }
  return revoked;
}
