/** Claims to a login of the older portal: asked for, proved by the old password, decided by a reviewer. */
import type { AuditEvent } from '../audit/audit';
import { recordEvent } from '../audit/store';
import type { Queryable } from '../storage/tables';
import { loginKey, type LegacyLink } from './legacy-account';
import { findStandingLink, insertLink, isTaken, listLegacyLinks, lockLogin, updateLink } from './store';

async function record(
  trx: Queryable,
  event: AuditEvent,
  { accountId, portal, login }: LegacyLink,
  facts: { actor: string; by?: string },
  at: Date,
): Promise<void> {
  const details = { portal, login, ...(facts.by === undefined ? {} : { by: facts.by }) };
  await recordEvent(trx, { event, actor: facts.actor, subject: `account:${accountId}`, details }, at);
}

export interface LinkRequest {
  accountId: string;
  portal: string;
  login: string;
  /** The old password was right. */
  proved: boolean;
}

/**
 * Notes a person's claim to a login: `requested`, or `confirmed` where the old password proved it and no other
 * account has the login. Of several at once one is confirmed, and the others wait for a reviewer.
 * @param trx a transaction; whoever wants the same login waits for its end.
 */
export async function requestLegacyLink(
  trx: Queryable,
  { accountId, portal, login, proved }: LinkRequest,
  at: Date,
): Promise<'requested' | 'confirmed'> {
  const place = { accountId, portal, loginKey: loginKey(login) };
  const actor = `account:${accountId}`;
  await lockLogin(trx, portal, place.loginKey);
  const standing = await findStandingLink(trx, place);
  const link = standing ?? (await insertLink(trx, { accountId, portal, login: login.trim() }, at));
  if (!standing) await record(trx, 'legacy_link_requested', link, { actor }, at);
  if (link.status === 'confirmed') return 'confirmed';
  if (!proved || (await isTaken(trx, place))) return 'requested';
  await updateLink(trx, link.id, ['requested'], { status: 'confirmed', confirmedBy: 'password' }, at);
  await record(trx, 'legacy_link_confirmed', link, { actor, by: 'password' }, at);
  return 'confirmed';
}

export interface LinkDecisions {
  confirmed: LegacyLink[];
  /** Still requested: another account has the login. */
  taken: LegacyLink[];
}

/** In one order for all, so that two transactions with the same logins wait and do not deadlock. */
const inOrder = (links: LegacyLink[]): LegacyLink[] =>
  links.toSorted((a, b) => (`${a.portal} ${a.loginKey}` < `${b.portal} ${b.loginKey}` ? -1 : 1));

/**
 * A reviewer confirms what an account has asked for; none when nothing is asked.
 * @param trx a transaction. @param actor as the audit names people. @param only the id of one link
 */
export async function confirmLegacyLinks(
  trx: Queryable,
  accountId: string,
  actor: string,
  at: Date,
  only?: string,
): Promise<LinkDecisions> {
  const decisions: LinkDecisions = { confirmed: [], taken: [] };
  for (const link of inOrder(await listLegacyLinks(trx, accountId))) {
    if (link.status !== 'requested' || (only !== undefined && link.id !== only)) continue;
    await lockLogin(trx, link.portal, link.loginKey);
    if (await isTaken(trx, link)) {
      decisions.taken.push(link);
      continue;
    }
    const decision = { status: 'confirmed' as const, confirmedBy: actor };
    const confirmed = await updateLink(trx, link.id, ['requested'], decision, at);
    if (!confirmed) continue;
    await record(trx, 'legacy_link_confirmed', confirmed, { actor, by: 'reviewer' }, at);
    decisions.confirmed.push(confirmed);
  }
  return decisions;
}

/**
 * A reviewer declines what an account has asked for. Named by its id, a confirmed link ends too: the login is free
 * again. Gives what was declined.
 */
export async function declineLegacyLinks(
  trx: Queryable,
  accountId: string,
  actor: string,
  at: Date,
  only?: string,
): Promise<LegacyLink[]> {
  const from = only === undefined ? (['requested'] as const) : (['requested', 'confirmed'] as const);
  const declined: LegacyLink[] = [];
  for (const { id } of await listLegacyLinks(trx, accountId)) {
    if (only !== undefined && id !== only) continue;
    const link = await updateLink(trx, id, from, { status: 'declined', confirmedBy: null }, at);
    if (!link) continue;
    await record(trx, 'legacy_link_declined', link, { actor }, at);
    declined.push(link);
  }
  return declined;
}
