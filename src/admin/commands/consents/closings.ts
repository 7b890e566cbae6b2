import type { Command } from 'commander';
import { listDestroyed } from '../../../consents/closing/store';
import { holdAccount, releaseAccount } from '../../../consents/closing/hold';
import { Failure, type AdminContext } from '../../admin';
import { addLeaf, nounOf, startRun, type AddCommands } from '../../command';
import { getAccount } from '../../find-account';
import { readText } from '../memberships/application';

interface Answer {
  json?: true;
}

/** Acts that one answer holds. */
const MOST = 500;

/** `accounts hold|release|acts`: what keeps data from being destroyed, and what was destroyed. */
export const addClosings: AddCommands = (program, context) => {
  const accounts = nounOf(program, 'accounts');
  addHold(accounts, context);
  addRelease(accounts, context);
  addActs(accounts, context);
};

function addHold(accounts: Command, context: AdminContext): void {
  addLeaf(accounts, 'hold <account>', {
    summary: 'legal hold: the data of an account are not destroyed, whatever is asked',
    examples: ['accounts hold ivan@example.com --reason "claim 12 of 1 December"'],
  })
    .requiredOption('--reason <text>', 'the ground; kept in the audit trail', readText)
    .action(async (who: string, { json, reason }: Answer & { reason: string }) => {
      const { tools, actor, print } = await startRun(context);
      const { id } = await getAccount(tools.db, who);
      if (!(await holdAccount(tools, id, reason, actor)))
        throw new Failure('conflict', `Account ${id} is held already.`);
      if (json) print.json({ account: id, held: true });
      else print.line(`Account ${id} is held; its data stay until accounts release ${id}.`);
    });
}

function addRelease(accounts: Command, context: AdminContext): void {
  addLeaf(accounts, 'release <account>', {
    summary: 'lift a legal hold; a closing that is due goes on within minutes',
    examples: ['accounts release ivan@example.com'],
  }).action(async (who: string, { json }: Answer) => {
    const { tools, actor, print } = await startRun(context);
    const { id } = await getAccount(tools.db, who);
    if (!(await releaseAccount(tools, id, actor)))
      throw new Failure('conflict', `Account ${id} is not held.`);
    if (json) print.json({ account: id, held: false });
    else print.line(`Account ${id} is held no longer.`);
  });
}

function addActs(accounts: Command, context: AdminContext): void {
  addLeaf(accounts, 'acts', {
    summary: 'acts of destruction: whose data, which kinds, why and when; newest first',
    examples: ['accounts acts', 'accounts acts --json'],
  }).action(async ({ json }: Answer) => {
    const { tools, print } = await startRun(context);
    const acts = await listDestroyed(tools.db, MOST);
    if (json) {
      const items = acts.map((act) => ({
        ...{ act: act.id, subject: `account:${act.accountId}`, categories: act.categories },
        ...{ reason: act.reason, asked_by: act.askedBy, asked_at: act.askedAt, destroy_by: act.destroyBy },
        ...{ destroyed_at: act.destroyedAt, way: 'rows deleted from the database', by: 'system' },
      }));
      print.json({ items });
      return;
    }
    print.table(acts, [
      { title: 'ACCOUNT', cell: ({ accountId }) => accountId },
      { title: 'REASON', cell: ({ reason }) => reason },
      { title: 'KINDS', cell: ({ categories }) => categories.join(', '), shrinks: true },
      print.timeColumn('DESTROYED', ({ destroyedAt }) => destroyedAt),
    ]);
  });
}
