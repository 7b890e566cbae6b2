/**
 * Contracts that people hold in their accounts, and the codes handed out in the office that bind an account to a
 * contract or a company. This folder owns the tables `contracts`, `activation_codes` and `activation_uses`. A contract
 * is held by one account at a time, and by none once it has ended. It shows no page. Limits by account and by address
 * belong to whoever asks; nothing is counted at a contract: a lock there would tell that there is such a contract, and
 * strangers could keep it shut.
 */
import type { Row } from '../storage/tables';

export type Contract = Row<'contracts'>;

/** A contract with its company, as relying parties and pages see it. */
export interface HeldContract extends Contract {
  inn: string | null;
  kpp: string | null;
  companyName: string | null;
}

/** The claim `contracts` holds one of these for each contract that stands. */
export interface ContractClaim {
  number: string;
  company: { inn: string; kpp: string | null; name: string } | null;
}

export function contractClaim({ number, inn, kpp, companyName }: HeldContract): ContractClaim {
  return { number, company: inn === null ? null : { inn, kpp, name: companyName ?? '' } };
}

/** A number as it is kept: 14 digits; undefined when it is none. Spaces and dashes may stand in it. */
export function normalContractNumber(typed: string): string | undefined {
  const digits = typed
    .slice(0, 64)
    .normalize('NFKC')
    .replace(/[\s\p{Cf}\p{Pd}]/gu, '');
  return /^[0-9]{14}$/.test(digits) ? digits : undefined;
}
