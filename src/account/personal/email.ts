/** The pages on which the e-mail is changed. */
import { parseEmail } from '../../accounts/email-address';
import { findProfile } from '../../accounts/store';
import { Refusal, type Problems } from '../../errors';
import type { Context } from '../../http/context';
import { defineCookie } from '../../http/cookies';
import { formPurpose, goTo, type AccountParts, type AccountRoutes, type Visitor } from '../parts';
import {
  askEmail,
  findEmailLink,
  findPendingEmail,
  proveByCode,
  proveByLink,
  type Asker,
} from './change-email';
import { limited } from './limited';

const PATH = '/account/email';
const PROOF = `${PATH}/code`;
const LINK = `${PATH}/link`;
const DONE = '/account/personal';
const HOUR = 3600;
const fresh = { fresh: true, back: PATH };

export function addEmail(routes: AccountRoutes, parts: AccountParts): void {
  const cookie = defineCookie(parts.issuer, 'new_email');
  routes.get(PATH, (ctx, visitor) => show(parts, ctx, visitor, ''), fresh);
  routes.post(PATH, (ctx, visitor) => ask(parts, ctx, visitor), fresh);
  routes.get(PROOF, (ctx, visitor) => showProof(parts, ctx, visitor));
  routes.post(PROOF, (ctx, visitor) => prove(parts, ctx, visitor), { back: PROOF });
  // The token leaves the address at once: out of history, referrers and the way through a sign-in.
  routes.open(`${PATH}/open`, (ctx) => {
    cookie.write(
      ctx,
      String(ctx.query.token)
        .replace(/[^\w-]/g, '')
        .slice(0, 200),
      HOUR,
    );
    ctx.set('Referrer-Policy', 'no-referrer');
    goTo(ctx, LINK);
  });
  routes.get(LINK, async (ctx, visitor) => {
    const email = await findEmailLink(parts, visitor.accountId, cookie.read(ctx) ?? '');
    showLink(parts, ctx, visitor, email);
  });
  routes.post(
    LINK,
    async (ctx, visitor) => {
      parts.forms.read(ctx, formPurpose('email_link', visitor));
      const outcome = await proveByLink(parts, askerOf(ctx, visitor), cookie.read(ctx) ?? '');
      if (outcome !== 'done') return showLink(parts, ctx, visitor, undefined);
      cookie.clear(ctx);
      goTo(ctx, DONE, 'email');
    },
    { back: LINK },
  );
}

function askerOf(ctx: Context, { accountId }: Visitor): Asker {
  const { address, requestId } = ctx.state;
  return { accountId, address, requestId };
}

function show(
  { forms, render }: AccountParts,
  ctx: Context,
  visitor: Visitor,
  typed: string,
  problems?: Problems,
): void {
  const formToken = forms.token(ctx, formPurpose('email', visitor));
  const values = { person: visitor.name, typed, formToken };
  render(ctx, { view: 'account/email', title: 'account.email.title', problems, values });
}

async function ask(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const { email: typed = '' } = parts.forms.read(ctx, formPurpose('email', visitor));
  const email = parseEmail(typed);
  const person = await findProfile(parts.db, visitor.accountId);
  if (!person) throw new Refusal('not_found');
  const own = person.emailProved ? parseEmail(person.email ?? '')?.canonical : undefined;
  const problem = !typed.trim() ? 'email_required' : !email ? 'email_invalid' : undefined;
  if (!email || problem !== undefined || email.canonical === own) {
    show(parts, ctx, visitor, typed, { email: problem ?? 'email_same' });
    return;
  }
  const problems = await limited(ctx, () => askEmail(parts, person, askerOf(ctx, visitor), email));
  if (problems) show(parts, ctx, visitor, typed, problems);
  else goTo(ctx, PROOF);
}

async function showProof(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  problems?: Problems,
): Promise<void> {
  const pending = await findPendingEmail(parts, visitor.accountId);
  if (!pending) {
    goTo(ctx, PATH);
    return;
  }
  const formToken = parts.forms.token(ctx, formPurpose('email_code', visitor));
  const values = { person: visitor.name, kind: 'email', target: pending.email.value, formToken };
  parts.render(ctx, { view: 'account/proof', title: 'account.proof.email.title', problems, values });
}

async function prove(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const { code = '' } = parts.forms.read(ctx, formPurpose('email_code', visitor));
  const outcome = await proveByCode(parts, askerOf(ctx, visitor), code);
  if (outcome === 'done') goTo(ctx, DONE, 'email');
  else await showProof(parts, ctx, visitor, { code: outcome === 'email_over' ? 'code_over' : outcome });
}

function showLink(
  { forms, render }: AccountParts,
  ctx: Context,
  visitor: Visitor,
  email: string | undefined,
): void {
  render(ctx, {
    view: 'account/email-link',
    title: email === undefined ? 'account.email.link_over' : 'account.proof.email.title',
    status: email === undefined ? 410 : 200,
    values: { person: visitor.name, email, formToken: forms.token(ctx, formPurpose('email_link', visitor)) },
  });
}
