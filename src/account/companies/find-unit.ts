/** The company that a person means by its numbers: what the directories say, else the name they type. */
import { chooseCompany } from '../../companies/choose-company';
import { findCompany, type CompanyLookup } from '../../companies/directory';
import { readUnit, type CompanyUnit } from '../../companies/identifiers';
import { findCompanyByUnit, type CompanyNaming } from '../../companies/memberships/store';
import { Refusal, type Problems } from '../../errors';
import { addressBlock } from '../../http/client-address';
import type { Context } from '../../http/context';
import type { Form } from '../../http/forms';
import { reserve } from '../../http/limits';
import type { AccountParts, Visitor } from '../parts';

export interface FoundUnit {
  unit: CompanyUnit;
  naming: CompanyNaming;
}

export type UnitReading =
  { found: FoundUnit; problems?: undefined } | { found?: undefined; problems: Problems; askName?: boolean };

const HOUR = 3600;

/** Each look outside counts against a quota, so one person asks at most so often; then they type the name. */
export async function findUnit(
  parts: AccountParts,
  ctx: Context,
  { accountId }: Visitor,
  form: Form,
): Promise<UnitReading> {
  const { unit, problems } = readUnit({ inn: form.inn ?? '', kpp: form.kpp ?? '' });
  if (!unit) return { problems: { ...problems } };
  const known = await findCompanyByUnit(parts.db, unit);
  if (known && known.nameSource !== 'person') return { found: { unit, naming: known } };
  const lookup = await look(parts, unit, { accountId, address: ctx.state.address });
  const { company, ...unclear } = chooseCompany(lookup, form.company_name ?? '');
  if (!company) return unclear;
  const { name, ogrn, source: nameSource } = company;
  return { found: { unit, naming: { name, ogrn, nameSource } } };
}

async function look(
  { ephemeral, directories }: AccountParts,
  { inn, kpp }: CompanyUnit,
  { accountId, address }: { accountId: string; address: string },
): Promise<CompanyLookup> {
  try {
    await reserve(ephemeral, [
      { key: `company:account:${accountId}`, max: 20, window: HOUR },
      { key: `company:account:${addressBlock(address)}`, max: 200, window: HOUR },
    ]);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'too_many_attempts') throw error;
    return { outcome: 'unavailable', reason: 'busy' };
  }
  return findCompany(directories, { inn, kpp: kpp ?? undefined });
}
