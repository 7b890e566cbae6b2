/**
 * Refresh tokens: in the database, so that a restart or a flushed Redis signs nobody out, and so that a spent one
 * stays spent. A row has no foreign key to its grant on purpose: when a parallel request has just ended the grant,
 * the insert must still succeed, and the token it stores is worthless since its grant is gone.
 */
import { errors, type Adapter } from 'oidc-provider';
import { addSeconds, type Clock } from '../../clock';
import { fingerprint } from '../../secrets';
import type { Database } from '../../storage/tables';
import { DEFAULT_TTL, type PayloadSeal } from './payload';

const MODEL = 'RefreshToken';

export function refreshTokenArtifacts(db: Database, payloads: PayloadSeal, clock: Clock): Adapter {
  return {
    async find(id) {
      const row = await db
        .selectFrom('refreshTokens')
        .select(['payload', 'consumedAt'])
        .where('id', '=', fingerprint(id))
        .where('expiresAt', '>', clock.now())
        .executeTakeFirst();
      const payload = row && payloads.open(MODEL, id, row.payload);
      return payload && row.consumedAt ? { ...payload, consumed: true } : payload;
    },
    async upsert(id, payload, expiresIn = DEFAULT_TTL) {
      const now = clock.now();
      await db
        .insertInto('refreshTokens')
        .values({
          id: fingerprint(id),
          grantId: fingerprint(payload.grantId ?? ''),
          accountId: payload.accountId ?? '',
          clientId: payload.clientId ?? '',
          payload: payloads.seal(MODEL, id, payload),
          consumedAt: null,
          expiresAt: addSeconds(now, expiresIn),
          createdAt: now,
        })
        .execute();
    },
    async consume(id) {
      // Rotation with one winner (RFC 9700 §4.14.2): compare and set, the loser is told.
      const result = await db
        .updateTable('refreshTokens')
        .set({ consumedAt: clock.now() })
        .where('id', '=', fingerprint(id))
        .where('consumedAt', 'is', null)
        .executeTakeFirst();
      if (result.numUpdatedRows !== 1n) throw new errors.InvalidGrant('already used');
    },
    async destroy(id) {
      await db.deleteFrom('refreshTokens').where('id', '=', fingerprint(id)).execute();
    },
    async revokeByGrantId(grantId) {
      await db.deleteFrom('refreshTokens').where('grantId', '=', fingerprint(grantId)).execute();
    },
    findByUid: () => Promise.resolve(undefined),
    findByUserCode: () => Promise.resolve(undefined),
  };
}
