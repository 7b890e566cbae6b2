/**
 * How a person stands, as one request of the protocol asks it many times over: who they are, whether the sign-in and the
 * grant still hold, what their companies say, what they agreed to. Read by one prepared statement at the first question
 * and kept until the request ends; nothing of it is kept longer, so what was ended is over with the next request.
 */
import Provider, { type KoaContextWithOIDC } from 'oidc-provider';
import type { AccountProfile } from '../../accounts/account';
import type { AccountSession } from '../../accounts/sessions/store';
import type { Clock } from '../../clock';
import type { MembershipView } from '../../companies/memberships/membership';
import type { Consent } from '../../consents/store';
import { contractClaim, type ContractClaim } from '../../contracts/contract';
import type { LegacyAccountClaim } from '../../legacy-accounts/legacy-account';
import { fingerprint } from '../../secrets';
import type { Statements } from '../../storage/statements';

/** Whom a session, a code or a token is about. */
export interface Subject {
  accountId: string;
  sessionUid: string | undefined;
  grantId: string | undefined;
  /** Claims will be asked for these; undefined while nothing is issued. */
  scope: string | undefined;
}

/** Who is signed in, as an authorization asks about them. */
export function ofSession(
  { session, client }: KoaContextWithOIDC['oidc'],
  accountId: string | undefined,
): Subject | undefined {
  if (!session || accountId === undefined) return undefined;
  const grantId = client && session.grantIdFor(client.clientId);
  return { accountId, sessionUid: session.uid, grantId, scope: undefined };
}

export interface PresentedToken {
  sessionUid?: string;
  grantId?: string;
  scope?: string;
  claims?: unknown;
}

/** Whom a code or a token is about. Claims asked for by name may be any. */
export function ofToken(
  { sessionUid, grantId, scope = '', claims }: PresentedToken,
  accountId: string,
): Subject {
  return { accountId, sessionUid, grantId, scope: claims === undefined ? scope : `${scope} ${EVERYTHING}` };
}

export type StandingPerson = Omit<
  AccountProfile,
  'passwordHash' | 'passwordChangedAt' | 'blockReason' | 'blockedAt' | 'version' | 'createdAt'
>;

export type StandingMembership = Pick<
  MembershipView,
  | ('companyId' | 'inn' | 'kpp' | 'ogrn' | 'companyName')
  | ('status' | 'path' | 'role' | 'canAct' | 'canActUntil' | 'defaultSince')
>;

export interface Standing {
  person: StandingPerson | undefined;
  session: Pick<AccountSession, 'uid' | 'endedAt' | 'lastSeenAt'> | undefined;
  /** As it is stored, while it has not ended. */
  grant: { payload: string; companyId: string | null } | undefined;
  /** The owner has asked for the end of the account. */
  closing: boolean;
  /** In whatever state, oldest first. */
  memberships: StandingMembership[];
  /** What was said last about each document; read only while nothing is issued. */
  consents: Pick<Consent, 'document' | 'action' | 'textHash'>[];
  legacyAccounts: LegacyAccountClaim[];
  contracts: ContractClaim[];
}

const MEMBERSHIPS = `
  select json_agg(json_build_object(
    'companyId', m.company_id, 'inn', c.inn, 'kpp', c.kpp, 'ogrn', c.ogrn, 'companyName', c.name,
    'status', m.status, 'path', m.path, 'role', m.role, 'canAct', m.can_act,
    'canActUntil', m.can_act_until, 'defaultSince', m.default_since) order by m.requested_at, m.id)
  from memberships m join companies c on c.id = m.company_id where m.account_id = a.id`;

const CONSENTS = `
  select json_agg(json_build_object('document', n.document, 'action', n.action, 'textHash', n.text_hash))
  from (select distinct on (document) document, action, text_hash from consents
        where account_id = a.id order by document, number desc) n`;

const LOGINS = `
  select json_agg(json_build_object('portal', l.portal, 'login', l.login) order by l.portal, l.login_key)
  from legacy_links l where l.account_id = a.id and l.status = 'confirmed'`;

const CONTRACTS = `
  select json_agg(json_build_object('number', t.number, 'inn', c.inn, 'kpp', c.kpp, 'companyName', c.name)
    order by t.held_since, t.number)
  from contracts t left join companies c on c.id = t.company_id where t.account_id = a.id and t.status = 'active'`;

const PERSON = `
  a.id, a.status, a.family_name as "familyName", a.given_name as "givenName", a.middle_name as "middleName",
    a.locale, a.sessions_valid_after as "sessionsValidAfter", a.customer_kind as "customerKind",
    a.customer_inn as "customerInn", a.customer_ogrn as "customerOgrn", a.updated_at as "updatedAt",
    mail.value as email, mail.proved_at is not null as "emailProved",
    mobile.value as phone, mobile.proved_at is not null as "phoneProved", own.value as login,
    s.uid as "sessionUid", s.ended_at as "sessionEndedAt", s.last_seen_at as "sessionSeenAt",
    g.payload as "grantPayload", g.company_id as "companyId",
    exists (select from account_closings k where k.account_id = a.id and k.reason = 'asked'
      and k.undone_at is null and k.destroyed_at is null) as closing,
    (${MEMBERSHIPS}) as memberships`;

const NAMES = `
  left join identifiers mail on mail.account_id = a.id and mail.kind = 'email'
  left join identifiers mobile on mobile.account_id = a.id and mobile.kind = 'phone'
  left join identifiers own on own.account_id = a.id and own.kind = 'login'`;

/** $1 account, $2 session, $3 grant, $4 now; $5 consents, $6 logins, $7 contracts: whether they are wanted. */
const OF_SUBJECT = {
  name: 'standing',
  text: `
  select ${PERSON},
    case when $5 then (${CONSENTS}) end as consents,
    case when $6 then (${LOGINS}) end as logins,
    case when $7 then (${CONTRACTS}) end as contracts
  from accounts a ${NAMES}
    left join account_sessions s on s.uid = $2
    left join grants g on g.id = $3 and g.expires_at > $4
  where a.id = $1 limit 1`,
};

/** $1 fingerprint of the token, $2 now. */
const OF_REFRESH_TOKEN = {
  name: 'standing_of_refresh_token',
  text: `
  select t.payload as "tokenPayload", t.consumed_at as "consumedAt", ${PERSON},
    null as consents, (${LOGINS}) as logins, (${CONTRACTS}) as contracts
  from refresh_tokens t join accounts a on a.id = t.account_id ${NAMES}
    left join grants g on g.id = t.grant_id and g.expires_at > $2
    left join account_sessions s on s.uid = g.session_uid
  where t.id = $1 and t.expires_at > $2 limit 1`,
};

interface StandingRow extends StandingPerson {
  sessionUid: string | null;
  sessionEndedAt: Date | null;
  sessionSeenAt: Date;
  grantPayload: string | null;
  companyId: string | null;
  closing: boolean;
  memberships: JsonDates<StandingMembership>[] | null;
  consents: Standing['consents'] | null;
  logins: LegacyAccountClaim[] | null;
  contracts: Parameters<typeof contractClaim>[0][] | null;
}

interface RefreshTokenRow extends StandingRow {
  tokenPayload: string;
  consumedAt: Date | null;
}

/** Scopes whose claims are read only where they are asked for. */
const EVERYTHING = 'legacy_accounts contracts';

/** What JSON makes of dates. */
type JsonDates<T> = { [K in keyof T]: Date extends T[K] ? string | null : T[K] };

const NOBODY: Standing = {
  ...{ person: undefined, session: undefined, grant: undefined, closing: false },
  ...{ memberships: [], consents: [], legacyAccounts: [], contracts: [] },
};

const date = (text: string | null): Date | null => (text === null ? null : new Date(text));

function toStanding(row: StandingRow | undefined): Standing {
  if (!row) return NOBODY;
  const { sessionUid: uid, sessionEndedAt, sessionSeenAt, grantPayload, companyId } = row;
  return {
    person: row,
    session: uid === null ? undefined : { uid, endedAt: sessionEndedAt, lastSeenAt: sessionSeenAt },
    grant: grantPayload === null ? undefined : { payload: grantPayload, companyId },
    closing: row.closing,
    memberships: (row.memberships ?? []).map((one) => ({
      ...one,
      canActUntil: date(one.canActUntil),
      defaultSince: date(one.defaultSince),
    })),
    consents: row.consents ?? [],
    legacyAccounts: row.logins ?? [],
    contracts: (row.contracts ?? []).map(contractClaim),
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface Standings {
  /** Read at the first question of a request, and again only for another subject. */
  of(ctx: object, subject: Subject): Promise<Standing>;
  /** Says whom the artifact that this request has presented is about, so that its grant need not be asked for alone. */
  expect(subject: Subject): void;
  /** A refresh token as it is stored, with the standing of its owner. @param id fingerprint */
  ofRefreshToken(id: string): Promise<PresentedRefreshToken | undefined>;
  /** As `expect`, of a subject whose standing has come with the artifact. */
  know(subject: Subject, standing: Standing): void;
  /** The standing that belongs to a grant, where it is known whose it is. */
  ofGrant(grantId: string): Promise<Standing> | undefined;
}

export interface PresentedRefreshToken {
  payload: string;
  consumed: boolean;
  standing: Standing;
}

interface Memo {
  expected?: Subject;
  read?: { key: string; standing: Promise<Standing> };
}

export interface StandingParts {
  statements: Statements;
  clock: Clock;
}

/** Routes that ask for the person of what they are presented; others want to know of its grant only. */
const ASKING = new Set(['token', 'userinfo']);

export function createStandings({ statements, clock }: StandingParts): Standings {
  const memos = new WeakMap<object, Memo>();
  const memoOf = (ctx: object): Memo => {
    const memo = memos.get(ctx) ?? {};
    memos.set(ctx, memo);
    return memo;
  };

  async function read({ accountId, sessionUid, grantId, scope }: Subject): Promise<Standing> {
    if (!UUID.test(accountId)) return NOBODY;
    const scopes = new Set(scope?.split(' '));
    const values = [
      ...[accountId, sessionUid ?? null, grantId === undefined ? null : fingerprint(grantId), clock.now()],
      ...[scope === undefined, scopes.has('legacy_accounts'), scopes.has('contracts')],
    ];
    return toStanding(await statements.first<StandingRow>(OF_SUBJECT, values));
  }

  const keyOf = ({ accountId, sessionUid, grantId, scope }: Subject): string =>
    JSON.stringify([accountId, sessionUid, grantId, scope]);

  const of = (ctx: object, subject: Subject): Promise<Standing> => {
    const memo = memoOf(ctx);
    const key = keyOf(subject);
    // What was read before this request made the grant says all the same of the person.
    const known = memo.read?.key === key || memo.read?.key === keyOf({ ...subject, grantId: undefined });
    if (!memo.read || !known) memo.read = { key, standing: read(subject) };
    return memo.read.standing;
  };

  return {
    of,
    expect: (subject) => {
      const { ctx } = Provider;
      if (ctx) memoOf(ctx).expected = subject;
    },
    ofRefreshToken: async (id) => {
      const row = await statements.first<RefreshTokenRow>(OF_REFRESH_TOKEN, [id, clock.now()]);
      return (
        row && { payload: row.tokenPayload, consumed: row.consumedAt !== null, standing: toStanding(row) }
      );
    },
    know: (subject, standing) => {
      const { ctx } = Provider;
      if (!ctx) return;
      const memo = memoOf(ctx);
      memo.expected = subject;
      // The grant's own session; a token that names another one is asked about by that.
      if (standing.session?.uid === subject.sessionUid)
        memo.read = { key: keyOf(subject), standing: Promise.resolve(standing) };
    },
    ofGrant: (grantId) => {
      const { ctx } = Provider;
      if (!ctx) return undefined;
      const { expected, read: known } = memoOf(ctx);
      if (expected?.grantId !== grantId) return undefined;
      return known || ASKING.has(ctx.oidc.route) ? of(ctx, expected) : undefined;
    },
  };
}
