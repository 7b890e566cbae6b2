/**
 * Refresh tokens: in the database, so that a restart or a flushed Redis signs nobody out, and so that a spent one
 * stays spent. A row has no foreign key to its grant on purpose: when a parallel request has just ended the grant,
 * the insert must still succeed, and the token it stores is worthless since its grant is gone.
 */
import Provider, { errors, type Adapter } from 'oidc-provider';
import { addSeconds } from '../../clock';
import { fingerprint } from '../../secrets';
import { ofToken } from '../session/standing';
import { DEFAULT_TTL, type StoredParts } from './payload';

const MODEL = 'RefreshToken';

const COLUMNS = 'id, grant_id, account_id, client_id, payload, expires_at, created_at';
const VALUES = '$1, $2, $3::uuid, $4, $5, $6::timestamptz, $7::timestamptz';
const INSERT = {
  name: 'first_refresh_token',
  text: `insert into refresh_tokens (${COLUMNS}) values (${VALUES})`,
};
/** $8: fingerprint of the one that is spent. */
const REPLACE = {
  name: 'next_refresh_token',
  text: `
  with spent as (
    update refresh_tokens set consumed_at = $7::timestamptz where id = $8 and consumed_at is null returning id
  )
  insert into refresh_tokens (${COLUMNS}) select ${VALUES} from spent`,
};

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

export function refreshTokenArtifacts({ db, statements, payloads, clock, standings }: StoredParts): Adapter {
  return {
    async find(id) {
      const found = await standings.ofRefreshToken(fingerprint(id));
      const payload = found && payloads.open(MODEL, id, found.payload);
      if (!payload) return undefined;
      standings.know(ofToken(payload, payload.accountId ?? ''), found.standing);
      return found.consumed ? { ...payload, consumed: true } : payload;
    },
    async upsert(id, payload, expiresIn = DEFAULT_TTL) {
      const now = clock.now();
      const { grantId = '', accountId, clientId } = payload;
      const row = [
        ...[fingerprint(id), fingerprint(grantId), accountId, clientId, payloads.seal(MODEL, id, payload)],
        ...[addSeconds(now, expiresIn), now],
      ];
      const former = takeFormer();
      const stored = await (former === undefined
        ? statements.change(INSERT, row)
        : statements.change(REPLACE, [...row, fingerprint(former)]));
      // Rotation with one winner (RFC 9700 §4.14.2): compare and set, the loser is told.
      if (stored !== 1) throw new errors.InvalidGrant('already used');
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
