/** Grants: what a person has allowed a relying party. In the database; deleting one ends every token under it. */
import Provider, { errors, type Adapter } from 'oidc-provider';
import { addSeconds } from '../../clock';
import { fingerprint } from '../../secrets';
import { DEFAULT_TTL, type StoredParts } from './payload';

const MODEL = 'Grant';
const FIND = {
  name: 'grant',
  text: 'select payload from grants where id = $1 and expires_at > $2',
};

/** What stands beside a grant in columns of its own. */
export interface GrantDescription {
  sessionUid: string;
  /** In the words of OAuth: scopes with spaces between them. */
  scope: string;
  /** The company that the person acts for; what stands there already stays where none is given. */
  companyId: string | undefined;
}

const descriptions = new WeakMap<object, GrantDescription>();

/** Describes the grant that this request is about to save. */
export function describeGrant(ctx: object, description: GrantDescription): void {
  descriptions.set(ctx, description);
}

/** Grants that a request has found. */
const found = new WeakMap<object, Set<string>>();

function note(id: string): void {
  const { ctx } = Provider;
  if (ctx) found.set(ctx, (found.get(ctx) ?? new Set()).add(id));
}

export function grantArtifacts({ db, statements, payloads, clock, standings }: StoredParts): Adapter {
  return {
    async find(id) {
      note(id);
      const standing = standings.ofGrant(id);
      if (standing) {
        const { grant } = await standing;
        return grant && payloads.open(MODEL, id, grant.payload);
      }
      const row = await statements.first<{ payload: string }>(FIND, [fingerprint(id), clock.now()]);
      return row && payloads.open(MODEL, id, row.payload);
    },
    async upsert(id, payload, expiresIn = DEFAULT_TTL) {
      const now = clock.now();
      const sealed = payloads.seal(MODEL, id, payload);
      const described = Provider.ctx && descriptions.get(Provider.ctx);
      const expiresAt = addSeconds(now, expiresIn);
      if (Provider.ctx && found.get(Provider.ctx)?.has(id)) {
        // It may have been ended meanwhile: then it stays so, with all the tokens that stand on it.
        const kept = await db
          .updateTable('grants')
          .set({ payload: sealed, expiresAt, ...described })
          .where('id', '=', fingerprint(id))
          .executeTakeFirst();
        if (kept.numUpdatedRows === 0n) throw new errors.AccessDenied('the access was ended meanwhile');
        return;
      }
      await db
        .insertInto('grants')
        .values({
          id: fingerprint(id),
          accountId: payload.accountId ?? '',
          clientId: payload.clientId ?? '',
          payload: sealed,
          expiresAt,
          createdAt: now,
          ...described,
        })
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
