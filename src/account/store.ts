/** Queries of the account pages over what other folders keep. */
import { sql } from 'kysely';
import type { AuditEvent } from '../audit/audit';
import type { AuditRow } from '../audit/store';
import type { Queryable, Row } from '../storage/tables';

export interface ConnectedApplication {
  clientId: string;
  name: string;
  scopes: string[];
  since: Date;
}

/** Relying parties with a live grant, or with a remembered yes, by name. */
export async function listApplications(
  db: Queryable,
  accountId: string,
  now: Date,
): Promise<ConnectedApplication[]> {
  const rows = await db
    .selectFrom('grants')
    .innerJoin('clients', 'clients.id', 'grants.clientId')
    .select(['clients.id as clientId', 'clients.name'])
    .select([
      sql<Date>`min(grants.created_at)`.as('since'),
      sql<string>`string_agg(grants.scope, ' ')`.as('scope'),
    ])
    .where('grants.accountId', '=', accountId)
    .where('grants.expiresAt', '>', now)
    // What was exchanged ends with what it was exchanged from, and nobody has chosen it.
    .where('grants.parentId', 'is', null)
    .groupBy(['clients.id', 'clients.name'])
    .orderBy('clients.name')
    .execute();
  // A yes that is remembered without anything that stands on it can be taken back, too.
  const remembered = await db
    .selectFrom('clientConsents')
    .innerJoin('clients', 'clients.id', 'clientConsents.clientId')
    .select(['clients.id as clientId', 'clients.name', 'clientConsents.scope', 'givenAt as since'])
    .where('accountId', '=', accountId)
    .execute();
  const held = new Set(rows.map(({ clientId }) => clientId));
  const all = [...rows, ...remembered.filter(({ clientId }) => !held.has(clientId))];
  return all
    .map(({ scope, ...rest }) => ({ ...rest, scopes: [...new Set(scope.split(' ').filter(Boolean))] }))
    .sort((a, b) => a.name.localeCompare(b.name, 'ru'));
}

/** What the trail says of one account, newest first. @param before id of the last row of the page before */
export async function listOwnEvents(
  db: Queryable,
  accountId: string,
  events: readonly AuditEvent[],
  page: { before?: string; limit: number },
): Promise<AuditRow[]> {
  let query = db
    .selectFrom('audit')
    .selectAll()
    .where('subject', '=', `account:${accountId}`)
    .where('event', 'in', [...events]);
  if (page.before !== undefined) query = query.where('id', '<', page.before);
  return query.orderBy('id', 'desc').limit(page.limit).execute();
}

/** Every name of the account, proved or not. */
export async function listIdentifiers(
  db: Queryable,
  accountId: string,
): Promise<Pick<Row<'identifiers'>, 'kind' | 'value' | 'provedAt' | 'phoneType' | 'phoneCountry'>[]> {
  return db
    .selectFrom('identifiers')
    .select(['kind', 'value', 'provedAt', 'phoneType', 'phoneCountry'])
    .where('accountId', '=', accountId)
    .orderBy('kind')
    .execute();
}

/** A file of a power of attorney, with what it belongs to. */
export type Paper = Pick<Row<'powerFiles'>, 'id' | 'originalName' | 'mediaType' | 'size' | 'sha256'> &
  Pick<Row<'powersOfAttorney'>, 'kind' | 'state' | 'addedAt' | 'validUntil' | 'decidedAt'> &
  Pick<Row<'companies'>, 'inn' | 'kpp'> & { membershipId: string };

/** Files of this person's powers of attorney, whatever became of them, oldest first. */
export function listPapers(db: Queryable, accountId: string): Promise<Paper[]> {
  return db
    .selectFrom('powerFiles as file')
    .innerJoin('powersOfAttorney as power', 'power.id', 'file.powerId')
    .innerJoin('memberships', 'memberships.id', 'power.membershipId')
    .innerJoin('companies', 'companies.id', 'memberships.companyId')
    .select(['file.id', 'file.originalName', 'file.mediaType', 'file.size', 'file.sha256'])
    .select(['power.kind', 'power.state', 'power.addedAt', 'power.validUntil', 'power.decidedAt'])
    .select(['companies.inn', 'companies.kpp', 'memberships.id as membershipId'])
    .where('memberships.accountId', '=', accountId)
    .orderBy('power.addedAt')
    .orderBy('power.id')
    .orderBy('file.position')
    .execute();
}
