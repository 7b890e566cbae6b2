import type Router from 'koa-router';
import { clientBrand } from '../../clients/brand';
import { findClient } from '../../clients/store';
import type { Context } from '../../http/context';
import { mailedLink } from '../../http/pages/mailed-link';
import { proveEmail, openEmailLink } from '../prove-email';
import type { RegistrationParts } from '../parts';

const PATH = '/prove-email';

/** The page behind the mailed link. It has no effect until its button is pressed, in whatever browser that is. */
export function addEmailRoutes(router: Router, parts: RegistrationParts): void {
  const { forms, render } = parts;
  const mailed = mailedLink(parts.issuer, 'prove_email', PATH);
  /** The head of the page names the relying party the person came from, and a link leads back to it. */
  const greet = async (ctx: Context, clientId: string | null): Promise<void> => {
    const client = clientId === null ? undefined : await findClient(parts.db, clientId);
    if (client) ctx.state.brand = clientBrand(client);
  };
  const dead = (ctx: Context, state: string): void => {
    render(ctx, {
      view: 'registration/email-link',
      title: `prove_email.${state}.title`,
      status: ['spent', 'proved', 'ready'].includes(state) ? 200 : 410,
      values: { state },
    });
  };

  router.get(PATH, (async (ctx: Context) => {
    if (mailed.enters(ctx)) return;
    const link = await openEmailLink(parts, mailed.token(ctx));
    await greet(ctx, link.clientId);
    if (link.state !== 'live') return dead(ctx, link.state);
    render(ctx, {
      view: 'registration/prove-email',
      title: 'prove_email.live.title',
      form: { id: 'prove-email', action: PATH },
      values: { email: link.email, formToken: forms.token(ctx, PATH) },
    });
  }) as Router.IMiddleware);

  router.post(PATH, (async (ctx: Context) => {
    const form = forms.read(ctx, PATH);
    if (parts.locale.choose(ctx, form.lang)) return mailed.again(ctx);
    const token = mailed.token(ctx);
    const link = await openEmailLink(parts, token);
    await greet(ctx, link.clientId);
    if (link.state !== 'live') return dead(ctx, link.state);
    const outcome = await proveEmail(parts, token);
    dead(ctx, outcome === 'proved' && !link.applies ? 'ready' : outcome);
  }) as Router.IMiddleware);
}
