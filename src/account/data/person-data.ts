/**
 * Everything that is kept about one person, as they may see and take it (152-ФЗ ст. 14). No secret, no hash of one. Of
 * messages what is kept: when, which, to whom; their words are thrown away once they are sent.
 */
import { listSessions } from '../../accounts/sessions/store';
import { findProfile } from '../../accounts/store';
import { listMemberships } from '../../companies/memberships/store';
import { readSaid } from '../../companies/memberships/talk/said';
import { listClosings } from '../../consents/closing/store';
import { listConsents } from '../../consents/store';
import { listHeldContracts } from '../../contracts/store';
import { listLegacyLinks } from '../../legacy-accounts/store';
import { listMuted, listWritten } from '../../notifications/settings';
import type { Database, Queryable } from '../../storage/tables';
import { listApplications, listIdentifiers, listOwnEvents, listPapers } from '../store';
import { OWN_EVENTS } from '../security/own-events';

/** A row as people and programs read it: name of the field → what it says. */
type Fact = Date | string | number | boolean | null | readonly string[];
type Facts = Record<string, Fact>;

/** Part → its rows; `account.data.part.<name>` of views/texts names each. */
type Part =
  | 'profile'
  | 'identifiers'
  | 'companies'
  | 'papers'
  | 'contracts'
  | 'older_portal'
  | 'consents'
  | 'applications'
  | 'sessions'
  | 'closings'
  | 'messages'
  | 'muted'
  | 'log';

export type PersonData = Record<Part, Facts[]>;

/** More of any kind than one person has; the newest of messages and of the log. */
const MOST = 1000;

/** Where the bytes of a person's own paper are given out, to themselves. */
export type PaperAddress = (fileId: string) => string;

/** Undefined when there is no such account. */
export async function collectPersonData(
  db: Database,
  accountId: string,
  now: Date,
  paperAddress: PaperAddress,
): Promise<PersonData | undefined> {
  // One moment for all of it.
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute((trx) => collect(trx, accountId, now, paperAddress));
}

async function collect(
  db: Queryable,
  accountId: string,
  now: Date,
  paperAddress: PaperAddress,
): Promise<PersonData | undefined> {
  const person = await findProfile(db, accountId);
  if (!person) return undefined;
  return {
    profile: [
      {
        ...{ id: person.id, family_name: person.familyName, given_name: person.givenName },
        ...{ middle_name: person.middleName, locale: person.locale, status: person.status },
        ...{ customer_kind: person.customerKind, customer_inn: person.customerInn },
        ...{ customer_ogrn: person.customerOgrn },
        ...{ created_at: person.createdAt, password_changed_at: person.passwordChangedAt },
      },
    ],
    identifiers: (await listIdentifiers(db, accountId)).map((name) => ({
      ...{ kind: name.kind, value: name.value, proved_at: name.provedAt },
      ...{ phone_type: name.phoneType, phone_country: name.phoneCountry },
    })),
    companies: (await listMemberships(db, { accountId, limit: MOST })).map((view) => ({
      ...{ number: view.number, inn: view.inn, kpp: view.kpp, name: view.companyName, status: view.status },
      ...{ role: view.role, can_act: view.canAct, can_act_until: view.canActUntil, reason: view.reason },
      ...{ requested_at: view.requestedAt, decided_at: view.decidedAt },
      question: view.question,
      answer: readSaid(view.answer).map(({ question, words }) => [question, words].filter(Boolean).join(' — ')),
    })),
    papers: (await listPapers(db, accountId)).map((paper) => ({
      ...{ inn: paper.inn, kpp: paper.kpp, kind: paper.kind, state: paper.state },
      ...{ added_at: paper.addedAt, valid_until: paper.validUntil, decided_at: paper.decidedAt },
      ...{ name: paper.originalName, media_type: paper.mediaType, bytes: paper.size, sha256: paper.sha256 },
      url: paperAddress(paper.id),
    })),
    contracts: (await listHeldContracts(db, accountId)).map(({ number, status, heldSince }) => ({
      ...{ number, status, held_since: heldSince },
    })),
    older_portal: (await listLegacyLinks(db, accountId)).map(({ portal, login, status, requestedAt }) => ({
      ...{ portal, login, status, requested_at: requestedAt },
    })),
    consents: (await listConsents(db, accountId)).map((consent) => ({
      ...{ document: consent.document, action: consent.action, version: consent.version, at: consent.at },
      ...{ text_sha256: consent.textHash, form: consent.form, way: consent.way },
      ...{ address: consent.address, user_agent: consent.userAgent },
    })),
    applications: (await listApplications(db, accountId, now)).map(({ clientId, name, scopes, since }) => ({
      ...{ id: clientId, name, scopes, since },
    })),
    sessions: (await listSessions(db, accountId, now)).map((session) => ({
      ...{ user_agent: session.userAgent, address: session.address },
      ...{ signed_in_at: session.signedInAt, last_seen_at: session.lastSeenAt },
    })),
    closings: (await listClosings(db, accountId)).map((closing) => ({
      ...{ reason: closing.reason, asked_at: closing.askedAt, destroy_by: closing.destroyBy },
      undone_at: closing.undoneAt,
    })),
    messages: (await listWritten(db, { accountId, limit: MOST })).map((message) => ({
      ...{ template: message.template, channel: message.channel, to: message.maskedTo },
      ...{ status: message.status, at: message.createdAt, sent_at: message.sentAt },
    })),
    muted: (await listMuted(db, accountId)).map(({ category, channel }) => ({ category, channel })),
    log: (await listOwnEvents(db, accountId, OWN_EVENTS, { limit: MOST })).map(({ event, at, address }) => ({
      ...{ event, at, address },
    })),
  };
}
