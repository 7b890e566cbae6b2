/** `suspend`, `restore`, `revoke`: the same under `approvals` and `members`, by number or id. */
import type { Command } from 'commander';
import { fullName } from '../../../accounts/account';
import { changeMembership } from '../../../companies/memberships/change-membership';
import type { MembershipChange } from '../../../companies/memberships/membership';
import { Failure, type AdminContext } from '../../admin';
import { addLeaf, startRun } from '../../command';
import { getMembership, membershipJson, readText, withIssuer, type Answer } from './application';

const SUMMARIES: Record<MembershipChange, string> = {
  suspend: 'let a membership rest; relying parties are told at the next refresh',
  restore: 'let a suspended membership hold again',
  revoke: 'end a membership; relying parties are told at the next refresh',
};

export function addChanges(noun: Command, context: AdminContext): void {
  for (const kind of Object.keys(SUMMARIES) as MembershipChange[]) addChange(noun, context, kind);
}

function addChange(noun: Command, context: AdminContext, kind: MembershipChange): void {
  addLeaf(noun, `${kind} <number-or-id>`, {
    summary: SUMMARIES[kind],
    examples: [`${noun.name()} ${kind} 17 --reason "power of attorney has ended"`],
  })
    .requiredOption('--reason <text>', 'why; kept with the membership and in the audit trail', readText)
    .action(async (which: string, { json, reason }: Answer & { reason: string }) => {
      const { tools, actor, print } = await startRun(context);
      const before = await getMembership(tools, which);
      const moved = await changeMembership(withIssuer(tools), before.id, { kind, reason }, actor);
      if (!moved)
        throw new Failure('conflict', `The membership is ${before.status}: there is nothing to ${kind}.`);
      const view = await getMembership(tools, before.id);
      if (json) print.json(membershipJson(view, tools.clock.now()));
      else print.line(`The membership of ${fullName(view)} in ${view.companyName} is now ${view.status}.`);
    });
}
