/** Where a company itself is written to: by an operator's word, else as the operator's directory says. */
import { recordEvent } from '../../../audit/store';
import type { Clock } from '../../../clock';
import type { Database, Queryable } from '../../../storage/tables';
import type { CompanyUnit } from '../../identifiers';
import { findDirectoryRow } from '../../store';
import { findCompanyByUnit } from '../store';

/** Undefined where nobody has recorded one. */
export async function findCompanyEmail(db: Queryable, unit: CompanyUnit): Promise<string | undefined> {
  const company = await findCompanyByUnit(db, unit);
  return company?.email ?? (await findDirectoryRow(db, unit))?.email ?? undefined;
}

/**
 * Records the address, or takes it away. False when nobody has ever asked to be let into the company and no contract or
 * code names it: such a company is known to the directory only.
 */
export async function setCompanyEmail(
  { db, clock }: { db: Database; clock: Clock },
  { unit, email }: { unit: CompanyUnit; email: string | null },
  actor: string,
): Promise<boolean> {
  const at = clock.now();
  return db.transaction().execute(async (trx) => {
    const company = await findCompanyByUnit(trx, unit);
    const listed = company ? undefined : await findDirectoryRow(trx, unit);
    if (company) {
      await trx.updateTable('companies').set({ email, updatedAt: at }).where('id', '=', company.id).execute();
    } else if (listed) {
      await trx
        .updateTable('companyDirectory')
        .set({ email })
        .where('inn', '=', listed.inn)
        .where('kpp', listed.kpp === null ? 'is' : '=', listed.kpp)
        .execute();
    } else return false;
    const details = { inn: unit.inn, kpp: unit.kpp, set: email !== null };
    await recordEvent(trx, { event: 'company_email_changed', actor, details }, at);
    return true;
  });
}
