/** A contract comes to its end, or out of the account that holds it: relying parties are told at the next refresh. */
import { findProfile } from '../accounts/store';
import { recordEvent } from '../audit/store';
import { tell, type MailTools } from '../companies/memberships/mails';
import type { Queryable } from '../storage/tables';
import type { ActivationTools } from './activate-company';
import { revokeOfContract } from './code-store';
import { endStanding, lockContract, releaseHeld } from './store';

export interface ContractEnd {
  number: string;
  /** The holder reads it. */
  reason: string;
}

/** Ends a contract with its codes; it can be in no account after that. `over`: it had ended before. */
export async function endContract(
  tools: ActivationTools,
  end: ContractEnd,
  actor: string,
): Promise<'done' | 'absent' | 'over'> {
  return tools.db.transaction().execute((trx) => endContractIn(trx, tools, end, actor));
}

/** The same inside the caller's transaction. */
export async function endContractIn(
  trx: Queryable,
  tools: MailTools,
  { number, reason }: ContractEnd,
  actor: string,
): Promise<'done' | 'absent' | 'over'> {
  const contract = await lockContract(trx, number);
  if (!contract) return 'absent';
  if (contract.status === 'ended') return 'over';
  const at = tools.clock.now();
  await endStanding(trx, number, reason, at);
  const codes = await revokeOfContract(trx, number, actor, at);
  const subject = contract.accountId === null ? undefined : `account:${contract.accountId}`;
  const details = { contract: number, reason, codes };
  await recordEvent(trx, { event: 'contract_ended', actor, subject, details }, at);
  await tellHolder(trx, tools, contract.accountId, { number, reason });
  return 'done';
}

/** Takes a contract out of the account that holds it; with a new code it can be added anew. `free`: nobody holds it. */
export async function releaseContract(
  tools: ActivationTools,
  { number, reason }: ContractEnd,
  actor: string,
): Promise<'done' | 'absent' | 'free'> {
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx) => {
    const contract = await lockContract(trx, number);
    if (!contract) return 'absent';
    if (contract.accountId === null || contract.status === 'ended') return 'free';
    await releaseHeld(trx, number, at);
    const subject = `account:${contract.accountId}`;
    const details = { contract: number, reason };
    await recordEvent(trx, { event: 'contract_released', actor, subject, details }, at);
    await tellHolder(trx, tools, contract.accountId, { number, reason });
    return 'done';
  });
}

async function tellHolder(
  trx: Queryable,
  tools: MailTools,
  accountId: string | null,
  { number, reason }: ContractEnd,
): Promise<void> {
  const person = accountId === null ? undefined : await findProfile(trx, accountId);
  if (!person) return;
  const values = { number, why: reason };
  await tell(trx, tools, { ...person, accountId: person.id }, `${tools.issuer}/`, {
    template: 'contract_gone',
    values,
  });
}
