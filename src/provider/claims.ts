/** What tokens say of a person: every claim, by scope, in this one file. */
import type { CompanyClaim } from '../companies/memberships/membership';
import type { SCOPES } from '../clients/client';
import { fullName, type PersonName } from '../accounts/account';
import type { ContractClaim } from '../contracts/contract';
import type { StandingPerson } from './session/standing';
import type { LegacyAccountClaim } from '../legacy-accounts/legacy-account';

/** Scope → claims (OIDC Core §5.4; `companies`, `company`, `legacy_accounts`, `contracts` and `customer` are ours). */
export const CLAIMS_BY_SCOPE: Record<Exclude<(typeof SCOPES)[number], 'offline_access'>, string[]> = {
  openid: ['sub', 'auth_time', 'acr', 'amr'],
  profile: ['name', 'family_name', 'given_name', 'middle_name', 'locale', 'updated_at'],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  companies: ['companies', 'company'],
  legacy_accounts: ['legacy_accounts'],
  contracts: ['contracts'],
  customer: ['customer_kind', 'customer_inn', 'customer_ogrn'],
};

/** Every claim the provider knows of a person; the granted scopes choose among them. */
export function personClaims(
  person: StandingPerson,
  companies: CompanyClaim[],
  company: CompanyClaim | undefined,
  legacyAccounts: readonly LegacyAccountClaim[],
  contracts: readonly ContractClaim[],
): Record<string, unknown> & { sub: string } {
  return {
    sub: person.id,
    ...nameClaims(person),
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
    ...(person.customerKind === null ? {} : { customer_kind: person.customerKind }),
    ...(person.customerInn === null ? {} : { customer_inn: person.customerInn }),
    ...(person.customerOgrn === null ? {} : { customer_ogrn: person.customerOgrn }),
  };
}

/** Nothing where a registration path asks for no name. */
function nameClaims(person: PersonName): Record<string, string> {
  const { familyName, givenName } = person;
  if (familyName === '' && givenName === '') return {};
  return { name: fullName(person), family_name: familyName, given_name: givenName };
}
