/** Codes for the office to hand out: issued once, kept as keyed hashes, revoked. */
import { recordEvent } from '../audit/store';
import { addSeconds, type Clock } from '../clock';
import type { CompanyUnit } from '../companies/identifiers';
import { ensureCompany, type CompanyNaming } from '../companies/memberships/store';
import type { Secrets } from '../secrets';
import type { Database, Queryable, Row } from '../storage/tables';
import { insertCode, revokeLive } from './code-store';
import { codeHash, newCode, type ActivationCode } from './codes';
import { lockContract, upsertContracts } from './store';

export interface CodeTools {
  db: Database;
  secrets: Secrets;
  clock: Clock;
}

export interface CodeRequest {
  /** Makes its user a member of this company. */
  company?: { unit: CompanyUnit; naming: CompanyNaming };
  /** Brings this contract into its user's account; an unknown one is made. */
  contract?: string;
  role: Row<'activationCodes'>['role'];
  canAct: boolean;
  maxUses: number;
  ttlSeconds: number;
  count: number;
}

export interface IssuedActivationCode {
  id: string;
  /** Given this once; nobody can read it again. */
  code: string;
}

/** `ended`, `held`: the contract cannot be added to an account. @param actor as the audit names people */
export async function issueActivationCodes(
  { db, secrets, clock }: CodeTools,
  request: CodeRequest,
  actor: string,
): Promise<IssuedActivationCode[] | 'ended' | 'held'> {
  const at = clock.now();
  const { company, contract, role, canAct, maxUses, count } = request;
  const expiresAt = addSeconds(at, request.ttlSeconds);
  return db.transaction().execute(async (trx) => {
    const companyId = company ? (await ensureCompany(trx, company.unit, company.naming, at)).id : null;
    const fault =
      contract === undefined ? undefined : await openContract(trx, contract, companyId, actor, at);
    if (fault) return fault;
    const issued: IssuedActivationCode[] = [];
    for (let made = 0; made < count; made += 1) {
      const code = newCode();
      const facts = { companyId, contractNumber: contract ?? null, role, canAct, maxUses, expiresAt };
      const hash = codeHash(secrets, code);
      const id = await insertCode(trx, { ...facts, hash, createdAt: at, createdBy: actor });
      issued.push({ id, code });
    }
    const target = {
      ...(company && { inn: company.unit.inn, kpp: company.unit.kpp }),
      ...(contract !== undefined && { contract }),
    };
    const codes = issued.map(({ id }) => id);
    const details = { ...target, role, can_act: canAct, uses: maxUses, count, codes };
    await recordEvent(trx, { event: 'activation_codes_issued', actor, details }, at);
    return issued;
  });
}

async function openContract(
  trx: Queryable,
  number: string,
  companyId: string | null,
  source: string,
  at: Date,
): Promise<'ended' | 'held' | undefined> {
  const known = await lockContract(trx, number);
  if (!known) await upsertContracts(trx, [{ number, companyId, source }], at);
  if (known?.status === 'ended') return 'ended';
  return known && known.accountId !== null ? 'held' : undefined;
}

/** Undefined when there is no such code, or it opens nothing any more. */
export async function revokeActivationCode(
  { db, clock }: CodeTools,
  id: string,
  actor: string,
): Promise<ActivationCode | undefined> {
  const at = clock.now();
  return db.transaction().execute(async (trx) => {
    const revoked = await revokeLive(trx, id, actor, at);
    if (!revoked) return undefined;
    await recordEvent(trx, { event: 'activation_code_revoked', actor, details: { code: id } }, at);
    return revoked;
  });
}
