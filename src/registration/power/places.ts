/** Where a power of attorney may be attached from: on the way through the wizard, or to an application. */
import { kibibytes, type PowerFault, type PowerOwner, type PowerView } from '../../attorney/attorney';
import { compareFacts, type Comparison, type Expected } from '../../attorney/compare-facts';
import type { OnChange } from '../../attorney/attach-power';
import { noteApplicationChanged } from '../../companies/memberships/answer';
import type { MailTools } from '../../companies/memberships/mails';
import type { MembershipView } from '../../companies/memberships/membership';
import { tellOfPower } from '../../companies/memberships/powers/decide-power';
import type { Context, Locale } from '../../http/context';
import { dayOf } from '../../http/pages/days';

export interface Place {
  owner: PowerOwner;
  /** As the audit trail names people. */
  actor: string;
  company: string;
  expected: Expected;
  /** Address of the page itself, and of the one before it. */
  path: string;
  back: string;
  onChange?: OnChange;
  /** Run when something was attached, after `onChange`. */
  onAttach?: OnChange;
}

/** Finds the place of a request; undefined when it has been answered already, with a redirect. */
export type FindPlace = (ctx: Context) => Promise<Place | undefined>;

/** The place of an application. A document changes it, so whoever has looked at it looks anew. */
export function placeOf(
  view: MembershipView,
  tools: MailTools,
  addresses: Pick<Place, 'path' | 'back'>,
): Place {
  return {
    owner: { membershipId: view.id },
    actor: `account:${view.accountId}`,
    company: view.companyName,
    expected: view,
    onChange: (trx) => noteApplicationChanged(trx, view.id, tools.clock.now()),
    onAttach: (trx) => tellOfPower(trx, tools, view.id),
    ...addresses,
  };
}

/** Where somebody with an account attaches papers to their application or membership, once they have signed in. */
export const OWN_POWERS_PATH = '/account/power-of-attorney';

export const ownPowerPage = ({ number }: Pick<MembershipView, 'number'>): string =>
  `${OWN_POWERS_PATH}/${number}`;

/** A document as the pages show it. */
export interface ShownPower extends Pick<PowerView, 'id' | 'kind' | 'state' | 'facts'> {
  added: string;
  validUntil: string | undefined;
  files: { name: string; kib: number; href: string }[];
  /** What differs from the application. */
  differences: Comparison[];
}

/** @param path address of the page whose files are linked */
export function showPower(
  power: PowerView,
  expected: Expected,
  { locale, now, path }: { locale: Locale; now: Date; path: string },
): ShownPower {
  const { id, kind, state, facts, addedAt, validUntil } = power;
  const end = validUntil ?? (facts ? new Date(`${facts.validUntil}T12:00:00+03:00`) : undefined);
  return {
    ...{ id, kind, state, facts },
    added: dayOf(addedAt, locale),
    validUntil: end && dayOf(end, locale),
    files: power.files.map((file) => ({
      name: file.originalName,
      kib: kibibytes(file.size),
      href: `${path}/files/${file.id}`,
    })),
    differences: facts ? compareFacts(facts, expected, now).filter(({ match }) => !match) : [],
  };
}

/** HTTP status of what was not accepted. */
export function statusOf({ problem }: PowerFault): number {
  if (problem === 'power_too_large' || problem === 'power_too_many') return 413;
  if (problem === 'power_quota' || problem === 'power_tries') return 429;
  if (problem === 'power_closed') return 409;
  return problem === 'power_scan_unavailable' || problem === 'power_storage_unavailable' ? 503 : 422;
}
