/** The page for `prompt=consent`: what the relying party will learn, and the person's yes or no. */
import type Router from 'koa-router';
import { findResource } from '../clients/resource-store';
import type { Context, Middleware } from '../http/context';
import type { Forms } from '../http/forms';
import type { Interactions } from '../http/interactions';
import type { Render } from '../http/pages/render';
import type { localeFor } from '../http/pages/texts';
import type { Database } from '../storage/tables';
import { CLAIMS_BY_SCOPE } from './claims';

export interface ConsentParts {
  db: Database;
  router: Router;
  interactions: Interactions;
  forms: Forms;
  render: Render;
  locale: ReturnType<typeof localeFor>;
}

/** Adds the routes of consent and gives back the page for the prompt `consent`. */
export function addConsentRoutes(parts: ConsentParts): Middleware {
  const { router, interactions, forms } = parts;
  const purpose = (uid: string): string => `consent:${uid}`;

  const page: Middleware = async (ctx) => {
    const details = await interactions.details(ctx);
    parts.locale.suggest(ctx, details.uiLocales);
    const action = `/interaction/${details.uid}/consent`;
    const resources = await Promise.all(details.resources.map((uri) => findResource(parts.db, uri)));
    parts.render(ctx, {
      view: 'consent/consent',
      title: 'consent.title',
      titleValues: { client: details.brand.name },
      form: { id: 'consent', action },
      values: {
        scopes: details.scopes.filter((scope) => scope in CLAIMS_BY_SCOPE || scope === 'offline_access'),
        resources: resources.flatMap((resource) => (resource ? [resource.name] : [])),
        formToken: forms.token(ctx, purpose(details.uid)),
      },
    });
  };

  router.get('/interaction/:uid/consent', page as Router.IMiddleware);
  router.post('/interaction/:uid/consent', (async (ctx: Context) => {
    const details = await interactions.details(ctx);
    const form = forms.read(ctx, purpose(details.uid));
    if (parts.locale.choose(ctx, form.lang)) await page(ctx, () => Promise.resolve());
    else if (form.decision === 'allow') await interactions.allow(ctx);
    else await interactions.cancel(ctx);
  }) as Router.IMiddleware);
  return page;
}
