/** Grants: what a person has allowed a relying party. In the database; deleting one ends every token under it. */
import type { Adapter } from 'oidc-provider';
import type { Clock } from '../../clock';
import { addSeconds } from '../../clock';
import { fingerprint } from '../../secrets';
import type { Database } from '../../storage/tables';
import { DEFAULT_TTL, type PayloadSeal } from './payload';

const MODEL = 'Grant';

export function grantArtifacts(db: Database, payloads: PayloadSeal, clock: Clock): Adapter {
  return {
    async find(id) {
      const row = await db
        .selectFrom('grants')
        .select(['payload'])
        .where('id', '=', fingerprint(id))
        .where('expiresAt', '>', clock.now())
        .executeTakeFirst();
      return row && payloads.open(MODEL, id, row.payload);
    },
    async upsert(id, payload, expiresIn = DEFAULT_TTL) {
      const now = clock.now();
      const sealed = payloads.seal(MODEL, id, payload);
      const expiresAt = addSeconds(now, expiresIn);
      await db
        .insertInto('grants')
        .values({
          id: fingerprint(id),
          accountId: payload.accountId ?? '',
          clientId: payload.clientId ?? '',
          payload: sealed,
          expiresAt,
          createdAt: now,
        })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ payload: sealed, expiresAt }))
        .execute();
    },
    async destroy(id) {
      await db.deleteFrom('grants').where('id', '=', fingerprint(id)).execute();
    },
    async revokeByGrantId(id) {
      await db.deleteFrom('grants').where('id', '=', fingerprint(id)).execute();
    },
    consume: () => Promise.resolve(),
    findByUid: () => Promise.resolve(undefined),
    findByUserCode: () => Promise.resolve(undefined),
  };
}
