/** The company that a person wants to find chosen: of their approved memberships the one marked last. */
import { recordEvent } from '../../../audit/store';
import type { Clock } from '../../../clock';
import type { Database } from '../../../storage/tables';
import type { Membership } from '../membership';

/** Undefined when the person has never said so, or stands there no more. */
export function defaultOf<One extends Pick<Membership, 'status' | 'defaultSince'>>(
  own: readonly One[],
): One | undefined {
  const marked = own.filter(({ status, defaultSince }) => status === 'approved' && defaultSince !== null);
  return marked.toSorted((a, b) => Number(b.defaultSince) - Number(a.defaultSince))[0];
}

/** False when the person is no approved member by this membership. */
export async function makeDefault(
  { db, clock }: { db: Database; clock: Clock },
  { accountId, number }: { accountId: string; number: number },
): Promise<boolean> {
  const at = clock.now();
  return db.transaction().execute(async (trx) => {
    const marked = await trx
      .updateTable('memberships')
      .set({ defaultSince: at })
      .where('accountId', '=', accountId)
      .where('number', '=', number)
      .where('status', '=', 'approved')
      .returning('id')
      .executeTakeFirst();
    if (!marked) return false;
    const subject = `account:${accountId}`;
    await recordEvent(
      trx,
      { event: 'default_company_chosen', actor: subject, subject, details: { number } },
      at,
    );
    return true;
  });
}
