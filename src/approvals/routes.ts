import type Router from 'koa-router';
import { fullName } from '../accounts/account';
import { readForDownload } from '../attorney/read-power-file';
import type { ByteTools } from '../attorney/stored-bytes';
import type { DecisionTools } from '../companies/memberships/decide-membership';
import { listDecidable } from '../companies/memberships/queue';
import type { MembershipView } from '../companies/memberships/membership';
import { decidePower } from '../companies/memberships/powers/decide-power';
import { listPowersDueFor } from '../companies/memberships/powers/due-powers';
import { Refusal } from '../errors';
import type { Context } from '../http/context';
import { sendStored } from '../http/files/downloads';
import type { Form } from '../http/forms';
import type { Sessions } from '../http/sessions';
import { readDecision, readPowerDecision, type ReadPower } from './decision-form';
import { reviewPurpose, showApplication, showList, showNotContact, type Done, type PageParts } from './pages';
import { addMembersRoutes } from './members/routes';
import { carryOut, contactDecider, findForReview, isOver, listOwnCompanies } from './review';
import { numberOf, parameter, reviewerOf, type Reviewer } from './visitor';

const PATH = '/approvals';

export interface ApprovalsParts extends PageParts, DecisionTools, ByteTools {
  db: PageParts['db'];
  clock: PageParts['clock'];
  secrets: ByteTools['secrets'];
  router: Router;
  sessions: Sessions;
}

type Handler = (ctx: Context, reviewer: Reviewer) => Promise<void> | void;

/** `/approvals`: contact persons decide who may enter their company. Mails about applications link here. */
export function addApprovalsRoutes(parts: ApprovalsParts): void {
  const { router } = parts;
  addMembersRoutes(parts);
  const signedIn = (to: (ctx: Context) => string, handle: Handler): Router.IMiddleware =>
    (async (ctx: Context) => {
      const reviewer = await reviewerOf(parts, ctx, to(ctx));
      if (reviewer) await handle(ctx, reviewer);
    }) as Router.IMiddleware;
  const applicationPath = (ctx: Context): string => `${PATH}/${numberOf(ctx)}`;

  router.get(
    PATH,
    signedIn(
      () => PATH,
      (ctx, reviewer) => showWaiting(parts, ctx, reviewer),
    ),
  );
  router.get(
    `${PATH}/:number`,
    signedIn(applicationPath, async (ctx, reviewer) => {
      await showApplication(parts, ctx, reviewer, await applicationOf(parts, ctx, reviewer));
    }),
  );
  router.post(
    `${PATH}/:number`,
    signedIn(applicationPath, (ctx, reviewer) => decide(parts, ctx, reviewer)),
  );
  router.get(
    `${PATH}/:number/files/:file`,
    signedIn(applicationPath, (ctx, reviewer) => sendFile(parts, ctx, reviewer)),
  );
}

/** @throws Refusal not_found for an application that is none of this person's business */
async function applicationOf(
  { db, clock }: ApprovalsParts,
  ctx: Context,
  { accountId }: Reviewer,
): Promise<MembershipView> {
  const view = await findForReview(db, accountId, numberOf(ctx), clock.now());
  if (!view) throw new Refusal('not_found');
  return view;
}

async function showWaiting(parts: ApprovalsParts, ctx: Context, reviewer: Reviewer): Promise<void> {
  const own = await listOwnCompanies(parts.db, reviewer.accountId);
  if (own.length === 0) {
    showNotContact(parts, ctx, reviewer);
    return;
  }
  const waiting = await listDecidable(parts.db, reviewer.accountId);
  const powers = await listPowersDueFor(parts.db, reviewer.accountId);
  await showList(parts, ctx, reviewer, own, { waiting, powers }, await justDone(parts, ctx, reviewer));
}

/** What may be told, and how the application or membership stands then. */
const TOLD: Readonly<Record<Done['state'], MembershipView['status']>> = {
  ...{ approved: 'approved', declined: 'declined', asked: 'requested', voted: 'requested' },
  ...{ power_accepted: 'approved', power_declined: 'approved' },
};

/** What the address says was done; only where it is so may the page say it. */
async function justDone(
  { db, clock }: ApprovalsParts,
  ctx: Context,
  { accountId }: Reviewer,
): Promise<Done | undefined> {
  const state = (Object.keys(TOLD) as Done['state'][]).find((known) => known === ctx.query.done);
  const number = Number(ctx.query.number);
  if (!state || !Number.isInteger(number) || number < 1 || number > 999_999_999) return undefined;
  const view = await findForReview(db, accountId, number, clock.now());
  return view?.status === TOLD[state] ? { state, number, name: fullName(view) } : undefined;
}

const DONE = { approve: 'approved', decline: 'declined', ask: 'asked' } as const;

async function decide(parts: ApprovalsParts, ctx: Context, reviewer: Reviewer): Promise<void> {
  const number = numberOf(ctx);
  const form = parts.forms.read(ctx, reviewPurpose(reviewer, number));
  const view = await applicationOf(parts, ctx, reviewer);
  const power = readPowerDecision(form, parts.clock.now());
  if (power) return decideLater(parts, ctx, reviewer, { view, form, read: power });
  const read = readDecision(form, parts.clock.now());
  const version = Number(form.version);
  if (!read || !Number.isInteger(version)) throw new Refusal('bad_request');
  if (view.status !== 'requested' || view.version !== version) {
    await showApplication(parts, ctx, reviewer, view, { stale: true });
    return;
  }
  const { decision, problems } = read;
  if (!decision) {
    await showApplication(parts, ctx, reviewer, view, { problems, form });
    return;
  }
  const result = await carryOut(parts, { number, version }, decision, contactDecider(reviewer.accountId));
  if (result === 'done' || result === 'voted') {
    toList(ctx, result === 'voted' ? 'voted' : DONE[decision.kind], number);
  } else if (result === 'power_over') {
    await showApplication(parts, ctx, reviewer, view, { problems: { valid_until: 'power_term_over' }, form });
  } else if (result === 'stale' || result === 'power_absent') {
    const now = await applicationOf(parts, ctx, reviewer);
    await showApplication(parts, ctx, reviewer, now, { stale: true });
  } else throw new Refusal('not_found');
}

function toList(ctx: Context, done: Done['state'], number: number): void {
  ctx.status = 303;
  ctx.redirect(`${PATH}?done=${done}&number=${number}`);
}

/** A member's power of attorney, which came after the approval. */
async function decideLater(
  parts: ApprovalsParts,
  ctx: Context,
  reviewer: Reviewer,
  { view, form, read }: { view: MembershipView; form: Form; read: ReadPower },
): Promise<void> {
  const { number } = view;
  const { decision, problems } = read;
  if (!decision) return showApplication(parts, ctx, reviewer, view, { problems, form });
  const { powerId } = read;
  const result = await decidePower(parts, { number, powerId, decision }, contactDecider(reviewer.accountId));
  if (result === 'done') {
    toList(ctx, decision.kind === 'accept' ? 'power_accepted' : 'power_declined', number);
  } else if (result === 'power_over') {
    await showApplication(parts, ctx, reviewer, view, { problems: { valid_until: 'power_term_over' }, form });
  } else if (result === 'stale') {
    const now = await applicationOf(parts, ctx, reviewer);
    await showApplication(parts, ctx, reviewer, now, { stale: true });
  } else throw new Refusal('not_found');
}

async function sendFile(parts: ApprovalsParts, ctx: Context, reviewer: Reviewer): Promise<void> {
  const view = await applicationOf(parts, ctx, reviewer);
  if (isOver(view)) throw new Refusal('not_found');
  const { id: membershipId } = view;
  await sendStored(ctx, () => readForDownload(parts, parameter(ctx, 'file'), { membershipId }));
}
