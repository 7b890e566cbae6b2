/**
 * Which relying parties a session was used for, as far as they listen for its end, and telling them: the notices go into
 * the outbox in the transaction that ends the session. A row is taken out by whoever writes its notice, so that of two
 * who end the same session one tells.
 */
import { sql } from 'kysely';
import { insertLogoutNotices } from '../../notifications/store';
import type { Queryable } from '../../storage/tables';

export interface Participant {
  sessionUid: string;
  clientId: string;
  /** How the relying party calls the session; null where its ID tokens do not name it. */
  sid: string | null;
}

/** Notes that a relying party gets a code in a session. Nothing where it does not listen, or the session is over. */
export async function noteParticipant(
  db: Queryable,
  { sessionUid, clientId, sid }: Participant,
): Promise<void> {
  await sql`
    insert into session_clients (session_uid, client_id, account_id, sid)
    select account_sessions.uid, clients.id, account_sessions.account_id, ${sid}
      from account_sessions, clients
      where account_sessions.uid = ${sessionUid} and account_sessions.ended_at is null
        and clients.id = ${clientId} and clients.metadata ->> 'backchannel_logout_uri' is not null
    on conflict (session_uid, client_id) do update set sid = excluded.sid, account_id = excluded.account_id
      where session_clients.sid is distinct from excluded.sid`.execute(db);
}

/** The relying parties that a person is signed in to and that listen. */
export async function listParticipants(
  db: Queryable,
  accountId: string,
): Promise<{ clientId: string; admitsWaiting: boolean }[]> {
  return db
    .selectFrom('sessionClients')
    .innerJoin('clients', 'clients.id', 'sessionClients.clientId')
    .select([
      'sessionClients.clientId',
      sql<boolean>`coalesce(clients.metadata ->> 'admits' = 'waiting', false)`.as('admitsWaiting'),
    ])
    .distinct()
    .where('sessionClients.accountId', '=', accountId)
    .execute();
}

export interface EndedParticipation {
  accountId: string;
  /** Absent: those of every session. */
  sessionUids?: readonly string[];
  /** Absent: every relying party. */
  clientIds?: readonly string[];
}

/** Has relying parties told that a person is signed out there; gives the number of notices. */
export async function tellSignedOut(
  trx: Queryable,
  { accountId, sessionUids, clientIds }: EndedParticipation,
  at: Date,
): Promise<number> {
  if (sessionUids?.length === 0 || clientIds?.length === 0) return 0;
  let query = trx.deleteFrom('sessionClients').where('accountId', '=', accountId);
  if (sessionUids) query = query.where('sessionUid', 'in', sessionUids);
  if (clientIds) query = query.where('clientId', 'in', clientIds);
  const ended = await query.returning(['accountId', 'clientId', 'sid']).execute();
  await insertLogoutNotices(trx, ended, at);
  return ended.length;
}
