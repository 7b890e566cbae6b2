/** How a person stands, in one statement. */
import type { Statement } from '../../storage/statements';

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

const standingWith = (sessions: string): string => `
  select ${PERSON},
    case when $5 then (${CONSENTS}) end as consents,
    case when $6 then (${LOGINS}) end as logins,
    case when $7 then (${CONTRACTS}) end as contracts,
    exists (select from refresh_tokens t where t.id = $8 and t.consumed_at is not null) as spent
  from accounts a ${NAMES}
    left join ${sessions} s on s.uid = $2
    left join grants g on g.id = $3 and g.expires_at > $4
  where a.id = $1 limit 1`;

/** $1 account, $2 session, $3 grant, $4 now; $5 consents, $6 logins, $7 contracts: whether they are wanted; $8 refresh token. */
export const STANDING: Statement = { name: 'standing', text: standingWith('account_sessions') };

/**
 * The same of somebody who signs in now, which it writes down. $9 id, $10 relying party, $11 browser, $12 address, $13 time of
 * the sign-in, $14 end. One in a session that is known already renews it, also when it had been ended.
 */
export const STANDING_OF_SIGN_IN: Statement = {
  name: 'standing_of_sign_in',
  text: `
  with signed_in as (
    insert into account_sessions (id, uid, account_id, client_id, user_agent, address, signed_in_at, expires_at,
      last_seen_at, created_at)
    values ($9, $2, $1, $10, $11, $12, $13, $14, $4, $4)
    on conflict (uid) do update set account_id = excluded.account_id, client_id = excluded.client_id,
      user_agent = excluded.user_agent, address = excluded.address, signed_in_at = excluded.signed_in_at,
      expires_at = excluded.expires_at, last_seen_at = excluded.last_seen_at, ended_at = null
    returning uid, ended_at, last_seen_at
  )${standingWith('signed_in')}`,
};
