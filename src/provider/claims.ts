/** What tokens say of a person: every claim, by scope, in this one file. */
import type { CompanyClaim } from '../companies/memberships/membership';
import type { SCOPES } from '../clients/client';
import { fullName, type AccountProfile } from '../accounts/account';
import type { ContractClaim } from '../contracts/contract';
import type { LegacyAccountClaim } from '../legacy-accounts/legacy-account';

/** Scope → claims (OIDC Core §5.4; `companies`, `company`, `legacy_accounts` and `contracts` are ours). */
export const CLAIMS_BY_SCOPE: Record<Exclude<(typeof SCOPES)[number], 'offline_access'>, string[]> = {
  openid: ['sub'],
  profile: ['name', 'family_name', 'given_name', 'middle_name', 'locale', 'updated_at'],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  companies: ['companies', 'company'],
  legacy_accounts: ['legacy_accounts'],
  contracts: ['contracts'],
};

/** Every claim the provider knows of a person; the granted scopes choose among them. */
export function personClaims(
  person: AccountProfile,
  companies: CompanyClaim[],
  company: CompanyClaim | undefined,
  legacyAccounts: LegacyAccountClaim[],
  contracts: ContractClaim[],
): Record<string, unknown> & { sub: string } {
  return {
    sub: person.id,
    name: fullName(person),
    family_name: person.familyName,
    given_name: person.givenName,
    ...(person.middleName === null ? {} : { middle_name: person.middleName }),
    locale: person.locale,
    updated_at: Math.floor(person.updatedAt.getTime() / 1000),
    ...(person.email === null ? {} : { email: person.email, email_verified: person.emailProved }),
    ...(person.phone === null
      ? {}
      : { phone_number: person.phone, phone_number_verified: person.phoneProved }),
    companies,
    ...(company && { company }),
    legacy_accounts: legacyAccounts,
    contracts,
  };
}
