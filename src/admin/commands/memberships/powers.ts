/** Powers of attorney that members attach after the approval: which wait, and declining one; `rights` accepts it. */
import type { Command } from 'commander';
import { fullName } from '../../../accounts/account';
import { decidePower } from '../../../companies/memberships/powers/decide-power';
import { countPowersDue } from '../../../companies/memberships/powers/due-powers';
import { Failure, type AdminContext, type AdminTools } from '../../admin';
import { addLeaf, startRun } from '../../command';
import type { Printer } from '../../print/printer';
import { getMembership, membershipJson, readText, withIssuer, type Answer } from './application';

/** Says under a list of applications that something else waits, too. */
export async function notePowersDue({ db }: AdminTools, print: Printer): Promise<void> {
  const due = await countPowersDue(db);
  if (due > 0) print.note(`Powers of attorney that members attached later: ${due}; approvals list --powers`);
}

/** `decline-power`: the same under `approvals` and `members`, by number or id. */
export function addDeclinePower(noun: Command, context: AdminContext): void {
  addLeaf(noun, 'decline-power <number-or-id>', {
    summary: 'do not accept the power of attorney that a member attached; a mail tells them why',
    examples: [`${noun.name()} decline-power 17 --comment "Срок доверенности прошёл"`],
  })
    .requiredOption('--comment <text>', 'why; the person reads it', readText)
    .action(async (which: string, { json, comment }: Answer & { comment: string }) => {
      const { tools, actor, print } = await startRun(context);
      const { number, status } = await getMembership(tools, which);
      const decision = { kind: 'decline', comment } as const;
      const decider = { kind: 'operator', actor } as const;
      const result = await decidePower(withIssuer(tools), { number, decision }, decider);
      if (result === 'stale' && status !== 'approved')
        throw new Failure('conflict', `The membership is ${status}: decide the application instead.`);
      if (result !== 'done') throw new Failure('conflict', 'No power of attorney waits to be decided.');
      const view = await getMembership(tools, which);
      if (json) print.json(membershipJson(view, tools.clock.now()));
      else print.line(`The power of attorney of ${fullName(view)} for ${view.companyName} is not accepted.`);
    });
}
