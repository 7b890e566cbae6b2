import type Router from 'koa-router';
import { isDocumentName } from '../consents/document';
import { Refusal, type Problems } from '../errors';
import type { Context, Middleware } from '../http/context';
import type { Form } from '../http/forms';
import { dayOf } from '../http/pages/days';
import { agree, openAgreement, versionField, type AgreementTools } from './agreement';
import { closingPage, postClosing, type ClosingParts } from './closing';

export interface ConsentingParts extends AgreementTools, ClosingParts {
  router: Router;
}

const purpose = (uid: string): string => `documents:${uid}`;

/** Adds the public pages of the documents, and gives the pages of the prompts `documents` and `closing`. */
export function addConsentingRoutes(parts: ConsentingParts): Record<'documents' | 'closing', Middleware> {
  const { router } = parts;
  const page: Middleware = (ctx) => show(parts, ctx);
  router.get('/documents/:name', ((ctx: Context & { params: { name: string } }) =>
    showDocument(parts, ctx, ctx.params.name)) as unknown as Router.IMiddleware);
  router.get('/interaction/:uid/documents', page as Router.IMiddleware);
  router.post('/interaction/:uid/documents', ((ctx: Context) => post(parts, ctx)) as Router.IMiddleware);
  const closing = closingPage(parts);
  router.get('/interaction/:uid/closing', closing as Router.IMiddleware);
  router.post('/interaction/:uid/closing', ((ctx: Context) =>
    postClosing(parts, closing, ctx)) as Router.IMiddleware);
  return { documents: page, closing };
}

/** A document as it holds now, or as `?version=` was shown to somebody once. */
async function showDocument({ documents, render }: ConsentingParts, ctx: Context, name: string) {
  const { version } = ctx.query;
  const known = isDocumentName(name) ? name : undefined;
  const found =
    known &&
    (version === undefined
      ? (await documents.current()).find((document) => document.name === known)
      : await documents.find(known, String(version)));
  if (!found) throw new Refusal('not_found');
  const [title = '', ...rest] = found.text[ctx.state.locale].split('\n');
  render(ctx, {
    view: 'consenting/document',
    title: 'consenting.document.title',
    titleValues: { title },
    values: { lines: rest.filter(Boolean), version: found.version },
  });
}

async function show(
  parts: ConsentingParts,
  ctx: Context,
  problems: Problems = {},
  typed: Form = {},
): Promise<void> {
  const details = await parts.interactions.details(ctx);
  parts.locale.suggest(ctx, details.uiLocales);
  const { locale } = ctx.state;
  const { asked, destroyBy } = await openAgreement(parts, details.accountId ?? '', locale);
  // They have agreed in another tab.
  if (asked.length === 0) return parts.interactions.proceed(ctx);
  const action = `/interaction/${details.uid}/documents`;
  parts.render(ctx, {
    view: 'consenting/documents',
    title: 'consenting.title',
    problems,
    form: { id: 'documents', action },
    values: {
      asked: asked.map(({ document, difference, withdrawn }) => ({
        ...{ withdrawn, difference, name: document.name, version: document.version },
        title: document.text[locale].split('\n', 1)[0],
        versionField: versionField(document.name),
        // A tick beside another text was a tick for that one.
        ticked: typed[document.name] === 'yes' && typed[versionField(document.name)] === document.version,
      })),
      withdrawn: asked.some(({ withdrawn }) => withdrawn),
      destroyBy: destroyBy && dayOf(destroyBy, locale),
      formToken: parts.forms.token(ctx, purpose(details.uid)),
    },
  });
}

async function post(parts: ConsentingParts, ctx: Context): Promise<void> {
  const { interactions, forms, locale } = parts;
  const { uid, accountId } = await interactions.details(ctx);
  const form = forms.read(ctx, purpose(uid));
  if (locale.choose(ctx, form.lang)) return show(parts, ctx, {}, form);
  if (form.decision === 'cancel' || accountId === undefined) return interactions.cancel(ctx);
  const userAgent = ctx.get('user-agent').slice(0, 300);
  const facts = { form: 'sign_in', way: 'box', address: ctx.state.address, userAgent } as const;
  const problems = await agree(parts, accountId, form, facts);
  if (Object.keys(problems).length > 0) return show(parts, ctx, problems, form);
  await interactions.proceed(ctx);
}
