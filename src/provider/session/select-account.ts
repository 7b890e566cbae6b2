/** The page for `prompt=select_account`: go on as who is signed in here, or sign in as somebody else. */
import type Router from 'koa-router';
import { fullName } from '../../accounts/account';
import { maskEmail } from '../../accounts/email-address';
import { findProfile } from '../../accounts/store';
import { Refusal } from '../../errors';
import type { Context, Middleware } from '../../http/context';
import type { Forms } from '../../http/forms';
import type { Interactions } from '../../http/interactions';
import type { Render } from '../../http/pages/render';
import type { localeFor } from '../../http/pages/texts';
import type { Database } from '../../storage/tables';

export interface SelectAccountParts {
  db: Database;
  router: Router;
  interactions: Interactions;
  forms: Forms;
  render: Render;
  locale: ReturnType<typeof localeFor>;
}

const purpose = (uid: string): string => `select_account:${uid}`;

/** Adds the addresses of the page, and gives it. */
export function addSelectAccountRoutes(parts: SelectAccountParts): Middleware {
  const { router, interactions, forms } = parts;
  const page: Middleware = async (ctx) => {
    const details = await interactions.details(ctx);
    parts.locale.suggest(ctx, details.uiLocales);
    const person = await findProfile(parts.db, details.accountId ?? '');
    if (!person) throw new Refusal('interaction_expired');
    parts.render(ctx, {
      view: 'sign-in/select-account',
      title: 'select_account.title',
      titleValues: { client: details.brand.name },
      form: { id: 'select-account', action: `/interaction/${details.uid}/select-account` },
      values: {
        name: fullName(person),
        mail: person.email === null ? undefined : maskEmail(person.email),
        formToken: forms.token(ctx, purpose(details.uid)),
      },
    });
  };
  router.get('/interaction/:uid/select-account', page as Router.IMiddleware);
  router.post('/interaction/:uid/select-account', (async (ctx: Context) => {
    const details = await interactions.details(ctx);
    const form = forms.read(ctx, purpose(details.uid));
    if (parts.locale.choose(ctx, form.lang)) await page(ctx, () => Promise.resolve());
    else if (form.decision === 'cancel') await interactions.cancel(ctx);
    else await interactions.chooseAccount(ctx, { another: form.decision === 'another' });
  }) as Router.IMiddleware);
  return page;
}
