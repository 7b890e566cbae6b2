/** The page for `prompt=consent`: what the relying party will learn, and the person's yes or no. */
import type Router from 'koa-router';
import {
  detailFault,
  readDetail,
  type Detail,
  type ReadableDetail,
} from '../clients/authorization-types/authorization-type';
import { findAuthorizationType } from '../clients/authorization-types/store';
import { findResource } from '../clients/resource-store';
import { Refusal } from '../errors';
import type { Context, Locale, Middleware } from '../http/context';
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

/**
 * What the person agrees to, in words.
 * @throws Refusal interaction_expired when the type has changed since, and the words would not say all of it
 */
async function readableDetail(
  db: Database,
  detail: Detail,
  locale: Locale,
): Promise<ReadableDetail & { api: string }> {
  const known = await findAuthorizationType(db, detail.type);
  const resource = known && (await findResource(db, known.resourceUri));
  if (!resource || detailFault(known.definition, known.resourceUri, detail) !== undefined)
    throw new Refusal('interaction_expired');
  return { ...readDetail(known.definition, detail, locale), api: resource.name };
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
    const locale = ctx.state.locale;
    const asked = await Promise.all(details.details.map((one) => readableDetail(parts.db, one, locale)));
    parts.render(ctx, {
      view: 'consent/consent',
      title: 'consent.title',
      titleValues: { client: details.brand.name },
      form: { id: 'consent', action },
      values: {
        scopes: details.scopes.filter((scope) => scope in CLAIMS_BY_SCOPE || scope === 'offline_access'),
        resources: resources.flatMap((resource) => (resource ? [resource.name] : [])),
        details: asked,
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
