/** The pages on which the e-mail is changed. */
import { parseEmail } from '../../accounts/email-address';
import { refusesEmail } from '../../accounts/policy/identifier-rules';
import type { Problems } from '../../errors';
import type { Context } from '../../http/context';
import { defineCookie, type Cookie } from '../../http/cookies';
import { limited } from '../limited';
import { formPurpose, goTo, type AccountParts, type AccountRoutes, type Visitor } from '../parts';
import { byThemselves, getPerson } from '../person';
import {
  askEmail,
  findEmailLink,
  findPendingEmail,
  proveByCode,
  proveByLink,
  type Asker,
} from './change-email';
import { formPath, readForm, showForm } from './form-page';
import { addProof } from './proof';

const PATH = formPath('email');
const LINK = `${PATH}/link`;
const DONE = '/account/personal';
const HOUR = 3600;
const fresh = { fresh: true, back: PATH };

export function addEmail(routes: AccountRoutes, parts: AccountParts): void {
  routes.get(
    PATH,
    (ctx, visitor) => {
      showForm(parts, ctx, visitor, 'email', { typed: {} });
    },
    fresh,
  );
  routes.post(PATH, (ctx, visitor) => ask(parts, ctx, visitor), fresh);
  addProof(routes, parts, {
    kind: 'email',
    find: async ({ accountId }) => {
      const pending = await findPendingEmail(parts, accountId);
      return pending && { ...pending, target: pending.email.value, sentAt: new Date(pending.sentAt) };
    },
    resend: async (ctx, visitor) => {
      const pending = await findPendingEmail(parts, visitor.accountId);
      const person = await getPerson(parts, visitor);
      if (pending) await askEmail(parts, person, askerOf(ctx, visitor), pending.email);
    },
    prove: async (ctx, visitor, code) => {
      const outcome = await proveByCode(parts, askerOf(ctx, visitor), code);
      if (outcome === 'done') return undefined;
      return outcome === 'email_over' ? 'code_over' : outcome;
    },
  });
  addLink(routes, parts, defineCookie(parts.issuer, 'new_email'));
}

function addLink(routes: AccountRoutes, parts: AccountParts, cookie: Cookie): void {
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

const askerOf = (ctx: Context, visitor: Visitor): Asker => ({
  accountId: visitor.accountId,
  ...byThemselves(ctx, visitor),
});

async function ask(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = readForm(parts, ctx, visitor, 'email');
  if (!typed) return;
  const again = (problems: Problems): void => showForm(parts, ctx, visitor, 'email', { typed, problems });
  const email = parseEmail(typed.email ?? '');
  const person = await getPerson(parts, visitor);
  const own = person.emailProved ? parseEmail(person.email ?? '')?.canonical : undefined;
  if (!email) return again({ email: typed.email?.trim() ? 'email_invalid' : 'email_required' });
  const refused = refusesEmail(parts.identifierRules, email);
  if (refused || email.canonical === own) return again({ email: refused ?? 'email_same' });
  const problem = await limited(ctx, () => askEmail(parts, person, askerOf(ctx, visitor), email));
  if (problem) again({ form: problem });
  else goTo(ctx, `${PATH}/code`);
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
