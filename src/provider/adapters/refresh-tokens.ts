/**
 * Refresh tokens: sealed, and kept by their holders alone (sealed-tokens.ts). Those that are spent stand in the database, so
 * that a restart or a flushed Redis signs nobody out, and a spent one stays spent for as long as it would have lasted. A row
 * has no foreign key to its grant on purpose: when a parallel request has just ended the grant, the insert must still
 * succeed, and the token that follows is worthless since its grant is gone.
 */
import Provider, { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import { fingerprint, type Secrets } from '../../secrets';
import { ofToken } from '../session/standing';
import type { StoredParts } from './payload';
import { openToken } from './sealed-tokens';

const MODEL = 'RefreshToken';

/** Seconds that a mark is kept beyond its token, for nodes whose clocks differ. */
const KEPT_LONGER = 600;

/** The account or the relying party has just been deleted (Postgres manual, appendix A: foreign_key_violation). */
const NOBODYS = '23503';

/** One that an earlier release has stored. */
const STORED = {
  name: 'stored_refresh_token',
  text: 'select payload from refresh_tokens where id = $1 and payload is not null and expires_at > $2',
};

/** Rotation with one winner (RFC 9700 §4.14.2): of any number of requests with one token, one changes a row. */
const SPEND = {
  name: 'spent_refresh_token',
  text: `
  insert into refresh_tokens (id, grant_id, account_id, client_id, expires_at, consumed_at)
  values ($1, $2, $3, $4, $5, $6)
  on conflict (id) do update set consumed_at = excluded.consumed_at where refresh_tokens.consumed_at is null`,
};

/** What the token says that a request has presented. */
const presented = new WeakMap<object, AdapterPayload>();

export function refreshTokenArtifacts(
  { statements, payloads, clock, standings }: StoredParts,
  secrets: Secrets,
): Adapter {
  const findStored = async (id: string): Promise<AdapterPayload | undefined> => {
    const row = await statements.first<{ payload: string }>(STORED, [fingerprint(id), clock.now()]);
    return row && payloads.open(MODEL, id, row.payload);
  };
  // Whoever ends a token ends its grant; that it was spent has to be known until it would have ended.
  const kept = () => Promise.resolve();

  return {
    async find(value) {
      const payload = openToken(secrets, MODEL, value) ?? (await findStored(value));
      if (payload?.jti === undefined || payload.accountId === undefined) return undefined;
      const subject = ofToken(payload, payload.accountId);
      const spent = await standings.ofRefreshToken(fingerprint(payload.jti), subject);
      if (Provider.ctx) presented.set(Provider.ctx, payload);
      return spent ? { ...payload, consumed: true } : payload;
    },
    async consume(id) {
      const { grantId = '', accountId, clientId, exp = 0 } = ofRequest(id);
      const until = new Date(1000 * (exp + KEPT_LONGER));
      const row = [fingerprint(id), fingerprint(grantId), accountId, clientId, until, clock.now()];
      const spent = await statements.change(SPEND, row).catch((error: unknown) => {
        if ((error as { code?: unknown }).code === NOBODYS) return 0;
        throw error;
      });
      if (spent !== 1) throw new errors.InvalidGrant('already used');
    },
    upsert: () => Promise.reject(new Error('refresh tokens are kept by their holders')),
    destroy: kept,
    revokeByGrantId: kept,
    findByUid: () => Promise.resolve(undefined),
    findByUserCode: () => Promise.resolve(undefined),
  };
}

function ofRequest(id: string): AdapterPayload {
  const payload = Provider.ctx && presented.get(Provider.ctx);
  if (payload?.jti !== id) throw new Error('refresh tokens are spent by the request that presents them');
  return payload;
}
