/**
 * Asking somebody of several companies which one they act for at a relying party. This folder owns the page of the
 * prompt `company`; when it is asked and what comes of the answer is the provider's matter.
 */
import { defaultOf } from '../companies/memberships/own/default-company';
import { mayAct, type MembershipView } from '../companies/memberships/membership';
import { listMemberships } from '../companies/memberships/store';
import type { Queryable } from '../storage/tables';

const MOST_COMPANIES = 500;

export interface OfferedCompany {
  id: string;
  name: string;
  inn: string;
  kpp: string | null;
  mayAct: boolean;
  preselected: boolean;
}

/** The companies of a person to choose among, by name; their default one is chosen already. */
export async function offeredCompanies(
  db: Queryable,
  accountId: string,
  now: Date,
): Promise<OfferedCompany[]> {
  const own = await listMemberships(db, { accountId, status: 'approved', limit: MOST_COMPANIES });
  const preselected = defaultOf(own)?.companyId;
  const offered = (view: MembershipView): OfferedCompany => ({
    ...{ id: view.companyId, name: view.companyName, inn: view.inn, kpp: view.kpp },
    ...{ mayAct: mayAct(view, now), preselected: view.companyId === preselected },
  });
  return own.map(offered).sort((a, b) => a.name.localeCompare(b.name, 'ru'));
}
