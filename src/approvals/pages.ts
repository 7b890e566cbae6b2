/** The contact person's pages: what each shows. */
import { fullName } from '../accounts/account';
import { formatPhone } from '../accounts/phone-number';
import { findProfile } from '../accounts/store';
import { kibibytes, type PowerView } from '../attorney/attorney';
import { compareFacts } from '../attorney/compare-facts';
import { listPowers, listWithAttached } from '../attorney/store';
import { DECLINE_REASONS, type MembershipView } from '../companies/memberships/membership';
import { hasAnswered, readSaid } from '../companies/memberships/talk/said';
import type { Clock } from '../clock';
import type { Problems } from '../errors';
import type { Context, Locale } from '../http/context';
import type { Form, Forms } from '../http/forms';
import { dayOf } from '../http/pages/days';
import type { Render } from '../http/pages/render';
import type { Database } from '../storage/tables';
import { LONGEST_TEXT } from './decision-form';
import { decidedBy, isOver } from './review';
import type { Reviewer } from './visitor';

export interface PageParts {
  db: Database;
  clock: Clock;
  forms: Forms;
  render: Render;
}

/** What the token of an application's forms is bound to: also the person, since browsers are shared. */
export const reviewPurpose = ({ accountId }: Reviewer, number: number): string =>
  `approval:${accountId}:${number}`;

export function showNotContact({ render }: PageParts, ctx: Context, reviewer: Reviewer): void {
  render(ctx, {
    view: 'approvals/not-contact',
    title: 'approvals.not_contact.title',
    status: 403,
    values: { person: reviewer.name },
  });
}

/** What was just done, to be told on the page after it. */
export interface Done {
  state: 'approved' | 'declined' | 'asked' | 'voted' | 'power_accepted' | 'power_declined';
  number: number;
  name: string;
}

/** Shown at once; the others come when these are decided. */
const SHOWN = 50;

export async function showList(
  { db, render }: PageParts,
  ctx: Context,
  reviewer: Reviewer,
  own: readonly MembershipView[],
  { waiting, powers }: { waiting: readonly MembershipView[]; powers: readonly MembershipView[] },
  done: Done | undefined,
): Promise<void> {
  const shown = waiting.slice(0, SHOWN);
  const withPower = await listWithAttached(
    db,
    shown.map(({ id }) => id),
  );
  render(ctx, {
    view: 'approvals/list',
    title: 'approvals.title',
    values: {
      person: reviewer.name,
      // Of one company the name stands once, at the top.
      company: own.length === 1 ? own[0]?.companyName : undefined,
      done,
      more: waiting.length > shown.length,
      powers: powers.map((view) => ({
        ...{ number: view.number, name: fullName(view), company: view.companyName },
      })),
      applications: shown.map((view) => ({
        number: view.number,
        name: fullName(view),
        company: view.companyName,
        date: dayOf(view.requestedAt, ctx.state.locale),
        marks: marksOf(view, withPower),
      })),
    },
  });
}

function marksOf(view: MembershipView, withPower: ReadonlySet<string>): string[] {
  // An answer ends its question, so a question that stands is a newer one.
  const talk = view.question !== null ? ['question'] : hasAnswered(view.answer) ? ['answer'] : [];
  return [...(withPower.has(view.id) ? ['document'] : []), ...talk];
}

export interface ReviewState {
  problems?: Problems;
  /** What was sent, to be shown again. */
  form?: Form;
  /** Somebody else was faster, or the person changed something. */
  stale?: boolean;
}

export async function showApplication(
  parts: PageParts,
  ctx: Context,
  reviewer: Reviewer,
  view: MembershipView,
  { problems = {}, form = {}, stale = false }: ReviewState = {},
): Promise<void> {
  const { db, forms, render, clock } = parts;
  const { locale } = ctx.state;
  const over = isOver(view);
  const [profile, powers, by] = await Promise.all([
    over ? undefined : findProfile(db, view.accountId),
    over ? [] : listPowers(db, { membershipId: view.id }),
    deciderOf(parts, view, reviewer),
  ]);
  const attached = powers.find(({ state }) => state === 'attached');
  render(ctx, {
    view: 'approvals/application',
    title: 'approvals.application.title',
    titleValues: { number: String(view.number) },
    status: stale ? 409 : undefined,
    problems,
    values: {
      person: reviewer.name,
      stale,
      acting: Object.keys(problems).length > 0 ? form.decision : undefined,
      formToken: forms.token(ctx, reviewPurpose(reviewer, view.number)),
      application: {
        ...view,
        over,
        waits: view.status === 'requested',
        name: fullName(view),
        phone: profile?.phone,
        phoneShown: profile?.phone && formatPhone(profile.phone),
        company: view.companyName,
        companyTyped: view.nameSource === 'person',
        date: dayOf(view.requestedAt, locale),
        decided: view.decidedAt && dayOf(view.decidedAt, locale),
        comment: view.status === 'requested' ? null : view.reason,
        said: readSaid(view.answer),
        by,
      },
      powers: powers.map((power) => powerFacts(power, view, clock.now(), locale)),
      power: attached,
      decidesPower: view.status === 'approved' && attached !== undefined,
      typed: { valid_until: attached?.facts?.validUntil ?? '', ...form },
      reasons: DECLINE_REASONS,
      longest: LONGEST_TEXT,
    },
  });
}

async function deciderOf({ db }: PageParts, view: MembershipView, { accountId }: Reviewer) {
  const by = decidedBy(view, accountId);
  if (by.kind !== 'contact') return by;
  const person = await findProfile(db, by.accountId);
  return person ? { kind: by.kind, name: fullName(person) } : { kind: 'nobody' };
}

/** Also what a machine-readable one says, beside what the application says. */
function powerFacts(power: PowerView, view: MembershipView, now: Date, locale: Locale) {
  const { facts } = power;
  const day = (text: string): string => dayOf(new Date(`${text}T12:00:00Z`), locale);
  return {
    ...power,
    added: dayOf(power.addedAt, locale),
    until: power.validUntil ? dayOf(power.validUntil, locale) : '–',
    files: power.files.map(({ id, originalName, size }) => ({
      name: originalName,
      kib: kibibytes(size),
      address: `/approvals/${view.number}/files/${id}`,
    })),
    facts: facts && {
      number: facts.number,
      principal: facts.principal.name,
      issued: day(facts.issuedOn),
      until: day(facts.validUntil),
      delegated: facts.delegated,
      powers: facts.powers.map(({ name }) => name),
    },
    // That it is in force goes without saying: its days stand above.
    comparisons:
      facts && compareFacts(facts, view, now).filter(({ field, match }) => field !== 'valid_until' || !match),
  };
}
