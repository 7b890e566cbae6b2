/** `suspend`, `restore`, `revoke`, `rights`, `decline-power`: the same under `approvals` and `members`, by number or id. */
import { Option, type Command } from 'commander';
import { fullName } from '../../../accounts/account';
import { changeMembership, changeRights } from '../../../companies/memberships/change-membership';
import type { WantedRights } from '../../../companies/memberships/grant';
import {
  mayAct,
  type MembershipChange,
  type MembershipStatus,
} from '../../../companies/memberships/membership';
import { Failure, type AdminContext } from '../../admin';
import { addLeaf, startRun } from '../../command';
import { getMembership, membershipJson, readLastDay, readText, withIssuer, type Answer } from './application';
import { addDeclinePower } from './powers';

const SUMMARIES: Record<MembershipChange, string> = {
  suspend: 'let a membership rest; relying parties are told at the next refresh',
  restore: 'let a suspended membership hold again',
  revoke: 'end a membership; relying parties are told at the next refresh',
};

export function addChanges(noun: Command, context: AdminContext): void {
  for (const kind of Object.keys(SUMMARIES) as MembershipChange[]) addChange(noun, context, kind);
  addRights(noun, context);
  addDeclinePower(noun, context);
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

interface RightsOptions extends Answer {
  canAct?: boolean;
  canActUntil?: Date;
  acceptPower?: true;
  validUntil?: Date;
}

/** What a member may do, after the approval: a power of attorney comes later, or is renewed. */
function addRights(noun: Command, context: AdminContext): void {
  addLeaf(noun, 'rights <number-or-id>', {
    summary: 'let a member act for the company, until a day, or no longer',
    examples: [
      `${noun.name()} rights 17 --accept-power --valid-until 2027-12-31`,
      `${noun.name()} rights 17 --no-can-act`,
    ],
  })
    .option('--can-act', 'may act for the company')
    .option('--no-can-act', 'may only read')
    .option('--can-act-until <day>', 'may act up to the end of this day (YYYY-MM-DD, Moscow)', readLastDay)
    .addOption(
      new Option('--accept-power', 'accept the attached power of attorney: they may act').conflicts('canAct'),
    )
    .option('--valid-until <day>', 'its last day, where it does not say (YYYY-MM-DD, Moscow)', readLastDay)
    .action(async (which: string, options: RightsOptions) => {
      const { tools, actor, print } = await startRun(context);
      const wanted = readRights(options, tools.clock.now());
      const before = await getMembership(tools, which);
      const result = await changeRights(withIssuer(tools), before.id, wanted, actor);
      const fault = rightsFault(result, before.status);
      if (fault) throw fault;
      const view = await getMembership(tools, before.id);
      const now = tools.clock.now();
      const until = view.canActUntil ? ` until ${print.time(view.canActUntil)}` : '';
      if (options.json) print.json(membershipJson(view, now));
      else
        print.line(
          `${fullName(view)} ${mayAct(view, now) ? `may act${until}` : 'may read'} for ${view.companyName}.`,
        );
    });
}

/** @throws Failure when nothing is wanted, or a day that is over */
function readRights(options: RightsOptions, now: Date): WantedRights {
  const { canAct, canActUntil, acceptPower, validUntil = null } = options;
  if (validUntil && !acceptPower)
    throw new Failure('usage', 'Use --valid-until together with --accept-power.');
  if (canAct === undefined && !canActUntil && !acceptPower)
    throw new Failure(
      'usage',
      'Say what they may: --can-act, --can-act-until, --accept-power or --no-can-act.',
    );
  if (canAct === false && canActUntil)
    throw new Failure('usage', 'Give --no-can-act or --can-act-until, not both.');
  for (const end of [canActUntil, validUntil])
    if (end && end <= now) throw new Failure('usage', 'The day that you gave is over.');
  const power = acceptPower && { validUntil };
  return { canAct: canAct ?? canActUntil !== undefined, canActUntil, acceptPower: power };
}

function rightsFault(
  result: Awaited<ReturnType<typeof changeRights>>,
  status: MembershipStatus,
): Failure | undefined {
  if (result === 'done') return undefined;
  if (result === 'power_over')
    return new Failure('conflict', 'The power of attorney has ended; ask for another one.');
  if (result === 'power_absent') return new Failure('conflict', 'No power of attorney waits to be accepted.');
  return new Failure('conflict', `The membership is ${status}: only approved ones have rights.`);
}
