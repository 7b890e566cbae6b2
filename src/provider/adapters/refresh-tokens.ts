/**
 * Refresh tokens: in the database, so that a restart or a flushed Redis signs nobody out, and so that a spent one
 * stays spent. A row has no foreign key to its grant on purpose: when a parallel request has just ended the grant,
 * the insert must still succeed, and the token it stores is worthless since its grant is gone.
 */
import { sql } from 'kysely';
import Provider, { errors, type Adapter } from 'oidc-provider';
import { addSeconds, type Clock } from '../../clock';
import { fingerprint } from '../../secrets';
import type { Database } from '../../storage/tables';
import { DEFAULT_TTL, type PayloadSeal } from './payload';

const MODEL = 'RefreshToken';
const COLUMNS = sql`id, grant_id, account_id, client_id, payload, expires_at, created_at`;

/**
 * The token that a request spends. oidc-provider spends it and then stores its successor at once: here both are one
 * statement, so that no token is ever spent without another one in its place.
 */
const spentFor = new WeakMap<object, string>();

function takeFormer(): string | undefined {
  const { ctx } = Provider;
  const former = ctx && spentFor.get(ctx);
  if (ctx) spentFor.delete(ctx);
  return former;
}

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
      const row = sql`${fingerprint(id)}, ${fingerprint(payload.grantId ?? '')}, ${payload.accountId ?? ''}::uuid,
        ${payload.clientId ?? ''}, ${payloads.seal(MODEL, id, payload)}, ${addSeconds(now, expiresIn)}::timestamptz,
        ${now}::timestamptz`;
      const former = takeFormer();
      // Rotation with one winner (RFC 9700 §4.14.2): compare and set, the loser is told.
      const result = await (
        former === undefined
          ? sql`insert into refresh_tokens (${COLUMNS}) values (${row})`
          : sql`
              with spent as (
                update refresh_tokens set consumed_at = ${now}
                where id = ${fingerprint(former)} and consumed_at is null
                returning id
              )
              insert into refresh_tokens (${COLUMNS}) select ${row} from spent`
      ).execute(db);
      if (result.numAffectedRows !== 1n) throw new errors.InvalidGrant('already used');
    },
    consume: (id) => {
      const { ctx } = Provider;
      if (!ctx) throw new Error('refresh tokens are spent by requests');
      spentFor.set(ctx, id);
      return Promise.resolve();
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
