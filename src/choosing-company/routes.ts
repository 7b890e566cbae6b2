import type Router from 'koa-router';
import type { Clock } from '../clock';
import type { Problems } from '../errors';
import type { Context, Middleware } from '../http/context';
import type { Forms } from '../http/forms';
import type { Interactions } from '../http/interactions';
import type { Render } from '../http/pages/render';
import type { localeFor } from '../http/pages/texts';
import type { Database } from '../storage/tables';
import { offeredCompanies } from './choice';

export interface ChoosingParts {
  db: Database;
  clock: Clock;
  router: Router;
  interactions: Interactions;
  forms: Forms;
  render: Render;
  locale: ReturnType<typeof localeFor>;
}

const purpose = (uid: string): string => `company:${uid}`;

/** Adds the addresses of the page of the prompt `company`, and gives the page. */
export function addChoosingCompanyRoutes(parts: ChoosingParts): Middleware {
  const page: Middleware = (ctx) => show(parts, ctx, {});
  parts.router.get('/interaction/:uid/company', page as Router.IMiddleware);
  parts.router.post('/interaction/:uid/company', ((ctx: Context) => post(parts, ctx)) as Router.IMiddleware);
  return page;
}

async function show(parts: ChoosingParts, ctx: Context, problems: Problems, chosen?: string): Promise<void> {
  const { interactions, forms, locale } = parts;
  const details = await interactions.details(ctx);
  locale.suggest(ctx, details.uiLocales);
  const companies = await offeredCompanies(parts.db, details.accountId ?? '', parts.clock.now());
  // Their last company but one ended meanwhile: there is nothing to choose any more.
  if (companies.length < 2) return interactions.proceed(ctx);
  parts.render(ctx, {
    view: 'choosing-company/company',
    title: 'choosing_company.title',
    problems,
    form: { id: 'company-form', action: `/interaction/${details.uid}/company` },
    values: {
      companies: companies.map((one) => ({
        ...one,
        checked: chosen === undefined ? one.preselected : one.id === chosen,
      })),
      unfit: details.company !== undefined && !companies.some(({ inn }) => details.company?.startsWith(inn)),
      formToken: forms.token(ctx, purpose(details.uid)),
    },
  });
}

async function post(parts: ChoosingParts, ctx: Context): Promise<void> {
  const { interactions, forms, locale } = parts;
  const { uid, accountId } = await interactions.details(ctx);
  const form = forms.read(ctx, purpose(uid));
  if (locale.choose(ctx, form.lang)) return show(parts, ctx, {}, form.company);
  if (form.decision === 'cancel' || accountId === undefined) return interactions.cancel(ctx);
  const offered = await offeredCompanies(parts.db, accountId, parts.clock.now());
  const chosen = offered.find(({ id }) => id === form.company);
  if (!chosen) return show(parts, ctx, { company: 'company_required' });
  await interactions.actFor(ctx, chosen.id);
}
