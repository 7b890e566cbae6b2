/** A contract comes into an account by its number and the code handed out in the office. */
import { findProfile } from '../accounts/store';
import { recordEvent } from '../audit/store';
import { tell } from '../companies/memberships/mails';
import type { Queryable } from '../storage/tables';
import { joinByActivation, type ActivationTools } from './activate-company';
import { lockCode, spendUse } from './code-store';
import { codeHashes, isLive, normalCode, type ActivationCode } from './codes';
import { normalContractNumber, type Contract } from './contract';
import { holdContract, lockContract } from './store';

export interface ContractAddition {
  accountId: string;
  /** As typed, both. */
  number: string;
  code: string;
}

/**
 * `wrong`: number and code do not belong together, whatever else is true of either; who does not have the code learns
 * nothing about the contract. `standing`: it is in this account. `taken`: it is in another one. `ended`: it has come to
 * its end. `suspended`: the code also names a company in which the person's membership rests, and no code wakes that.
 */
export type ContractAdditionResult = 'done' | 'wrong' | 'standing' | 'taken' | 'ended' | 'suspended';

/**
 * Adds the contract; of any number of accounts at once one gets it. A code that also names a company makes the person a
 * member there, or is not spent. Whoever calls this counts tries: by account and by address.
 * @param actor as the audit names people
 */
export async function addContract(
  tools: ActivationTools,
  { accountId, ...typed }: ContractAddition,
  actor: string,
): Promise<ContractAdditionResult> {
  const number = normalContractNumber(typed.number);
  if (number === undefined) return 'wrong';
  const code = normalCode(typed.code);
  return tools.db.transaction().execute(async (trx): Promise<ContractAdditionResult> => {
    const contract = await lockContract(trx, number);
    const at = tools.clock.now();
    // Looked for whether or not there is such a contract: the same work, the same time.
    const found = code === undefined ? undefined : await lockCode(trx, codeHashes(tools.secrets, code));
    if (!contract || found?.contractNumber !== number || found.revokedAt !== null || found.expiresAt <= at)
      return 'wrong';
    const refused = refusal(contract, found, accountId, at);
    if (refused) return refused;
    // Before anything is spent: nothing is written where it does not lead in.
    const joined =
      found.companyId === null ? undefined : await joinByActivation(trx, tools, accountId, found, actor);
    if (joined?.outcome === 'suspended') return 'suspended';
    await take(trx, tools, { accountId, number, code: found }, actor);
    return 'done';
  });
}

function refusal(
  contract: Contract,
  code: ActivationCode,
  accountId: string,
  at: Date,
): 'standing' | 'taken' | 'ended' | 'wrong' | undefined {
  if (contract.status === 'ended') return 'ended';
  if (contract.accountId !== null) return contract.accountId === accountId ? 'standing' : 'taken';
  return isLive(code, at) ? undefined : 'wrong';
}

async function take(
  trx: Queryable,
  tools: ActivationTools,
  { accountId, number, code }: { accountId: string; number: string; code: ActivationCode },
  actor: string,
): Promise<void> {
  const at = tools.clock.now();
  if (!(await holdContract(trx, number, accountId, at)))
    throw new Error('a contract that was held has changed');
  await spendUse(trx, code.id, accountId, at);
  const subject = `account:${accountId}`;
  const details = { contract: number, code: code.id };
  await recordEvent(trx, { event: 'contract_added', actor, subject, details }, at);
  const person = await findProfile(trx, accountId);
  const reader = person && { ...person, accountId };
  if (reader)
    await tell(trx, tools, reader, `${tools.issuer}/`, { template: 'contract_added', values: { number } });
}
