import type { Queryable } from '../../storage/tables';

/**
 * From now on a session acts for this company at every relying party it was used for; they learn of it at the next
 * refresh. Whether the person stands in the company is the caller's to know.
 */
export async function actForCompany(
  db: Queryable,
  { accountId, sessionUid, companyId }: { accountId: string; sessionUid: string; companyId: string },
): Promise<void> {
  await db
    .updateTable('grants')
    .set({ companyId })
    .where('accountId', '=', accountId)
    .where('sessionUid', '=', sessionUid)
    .execute();
}
