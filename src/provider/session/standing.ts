/**
 * How a person stands, as one request of the protocol asks it many times over: who they are, whether the sign-in and the
 * grant still hold, what their companies say, what they agreed to. Read by one prepared statement at the first question
 * and kept until the request ends; nothing of it is kept longer, so what was ended is over with the next request.
 */
import Provider, { type KoaContextWithOIDC } from 'oidc-provider';
import type { AccountProfile } from '../../accounts/account';
import { describeSignIn, type AccountSession, type SignInFacts } from '../../accounts/sessions/store';
import type { Clock } from '../../clock';
import type { MembershipView } from '../../companies/memberships/membership';
import type { Consent } from '../../consents/store';
import { contractClaim, type ContractClaim } from '../../contracts/contract';
import type { LegacyAccountClaim } from '../../legacy-accounts/legacy-account';
import { fingerprint } from '../../secrets';
import type { Statements } from '../../storage/statements';
import { STANDING, STANDING_OF_SIGN_IN } from './standing-statements';

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
  spent: boolean;
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
  /** Read at the first question of a request, and again only for another subject, or with a sign-in, which is written down. */
  of(ctx: object, subject: Subject, signIn?: SignInFacts): Promise<Standing>;
  /** Says whom the artifact that this request has presented is about, so that its grant need not be asked for alone. */
  expect(subject: Subject): void;
  /** As `expect`, of a refresh token's; gives whether it was spent. @param id fingerprint */
  ofRefreshToken(id: string, subject: Subject): Promise<boolean>;
  /** The standing that belongs to a grant, where it is known whose it is. */
  ofGrant(grantId: string): Promise<Standing> | undefined;
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

  const valuesOf = (
    { accountId, sessionUid, grantId, scope }: Subject,
    now: Date,
    refreshToken: string | null = null,
  ): unknown[] => {
    const scopes = new Set(scope?.split(' '));
    return [
      ...[accountId, sessionUid ?? null, grantId === undefined ? null : fingerprint(grantId), now],
      ...[scope === undefined, scopes.has('legacy_accounts'), scopes.has('contracts'), refreshToken],
    ];
  };

  async function read(subject: Subject, refreshToken?: string): Promise<StandingRow | undefined> {
    if (!UUID.test(subject.accountId)) return undefined;
    return statements.first(STANDING, valuesOf(subject, clock.now(), refreshToken));
  }

  async function signIn(subject: Subject, facts: SignInFacts): Promise<StandingRow | undefined> {
    const now = clock.now();
    const { id, clientId, userAgent, address, signedInAt, expiresAt } = describeSignIn(facts, now);
    const described = [id, clientId, userAgent, address, signedInAt, expiresAt];
    return statements.changed(STANDING_OF_SIGN_IN, [...valuesOf(subject, now), ...described]);
  }

  const keyOf = ({ accountId, sessionUid, grantId, scope }: Subject): string =>
    JSON.stringify([accountId, sessionUid, grantId, scope]);

  const of = (ctx: object, subject: Subject, facts?: SignInFacts): Promise<Standing> => {
    const memo = memoOf(ctx);
    const key = keyOf(subject);
    // What was read before this request made the grant says all the same of the person.
    const known = memo.read?.key === key || memo.read?.key === keyOf({ ...subject, grantId: undefined });
    if (memo.read && known && !facts) return memo.read.standing;
    const standing = (facts ? signIn(subject, facts) : read(subject)).then(toStanding);
    memo.read = { key, standing };
    return standing;
  };

  return {
    of,
    expect: (subject) => {
      const { ctx } = Provider;
      if (ctx) memoOf(ctx).expected = subject;
    },
    ofRefreshToken: async (id, subject) => {
      const row = await read(subject, id);
      const { ctx } = Provider;
      if (ctx)
        Object.assign(memoOf(ctx), {
          expected: subject,
          read: { key: keyOf(subject), standing: Promise.resolve(toStanding(row)) },
        } satisfies Memo);
      return row?.spent ?? false;
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
