/** What the person has agreed to, in which words, and taking it back. */
import { agreedVersion, type ConsentFacts } from '../../consents/consent';
import { isDocumentName, isRequired, type Document, type DocumentName } from '../../consents/document';
import { giveConsents } from '../../consents/give';
import { listConsents, type Consent } from '../../consents/store';
import { withdrawConsent } from '../../consents/withdraw';
import { Refusal } from '../../errors';
import type { Context } from '../../http/context';
import { defineCookie, type Cookie } from '../../http/cookies';
import { dayOf, timeOf } from '../../http/pages/days';
import { factsOf, setAdvertising } from './advertising';
import { doneNote, formPurpose, goTo, type AccountPage, type AccountParts, type Visitor } from '../parts';

const PATH = '/account/consents';
const WITHDRAWN = `${PATH}/withdrawn`;
const HOUR = 3600;

export const consentsPage: AccountPage = {
  path: PATH,
  name: 'consents',
  add: (routes, parts) => {
    routes.get(PATH, (ctx, visitor) => show(parts, ctx, visitor));
    routes.post(PATH, (ctx, visitor) => change(parts, ctx, visitor));
    const fresh = { fresh: true };
    routes.get(`${PATH}/:name/withdraw`, (ctx, visitor) => showWithdrawal(parts, ctx, visitor), fresh);
    routes.post(`${PATH}/:name/withdraw`, (ctx, visitor) => withdraw(parts, ctx, visitor), fresh);
    routes.open(WITHDRAWN, (ctx) => showWithdrawn(parts, ctx));
  },
};

const titleOf = ({ text }: Document, locale: 'ru' | 'en'): string => text[locale].split('\n', 1)[0] ?? '';

async function show(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const { locale } = ctx.state;
  const said = await listConsents(parts.db, visitor.accountId);
  const current = await parts.documents.current();
  const lastOf = (name: DocumentName): Consent | undefined =>
    said.findLast(({ document }) => document === name);
  const titles = Object.fromEntries(current.map((document) => [document.name, titleOf(document, locale)]));
  parts.render(ctx, {
    view: 'account/consents',
    title: 'account.pages.consents',
    values: {
      person: visitor.name,
      done: doneNote(ctx, ['advertising_on', 'advertising_off', 'again']),
      formToken: parts.forms.token(ctx, formPurpose('consents', visitor)),
      documents: current.map(({ name, version }) => {
        const last = lastOf(name);
        return {
          ...{ name, title: titles[name], required: isRequired(name) },
          state: last?.action,
          at: last && dayOf(last.at, locale),
          version: last?.version ?? version,
          current: version,
        };
      }),
      history: said.toReversed().map((one) => ({
        ...{ document: one.document, title: titles[one.document], version: one.version },
        ...{ action: one.action, form: one.form, at: timeOf(one.at, locale) },
      })),
    },
  });
}

/** Advertising is the person's own choice: on and off with a button each. What was withdrawn can be given again. */
async function change(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const form = parts.forms.read(ctx, formPurpose('consents', visitor));
  if (form.again !== undefined) {
    await agreeAgain(parts, visitor, { name: form.again, version: form.version }, factsOf(ctx, 'button'));
    return goTo(ctx, PATH, 'again');
  }
  const seen = { version: form.version, way: 'button' as const };
  await setAdvertising(parts, ctx, visitor, form.advertising === 'on', seen);
  goTo(ctx, PATH, form.advertising === 'on' ? 'advertising_on' : 'advertising_off');
}

/** A withdrawn document that an account cannot be without; with the last of them the closing is undone. */
async function agreeAgain(
  parts: AccountParts,
  { accountId }: Visitor,
  { name, version }: { name: string; version: string | undefined },
  facts: ConsentFacts,
): Promise<void> {
  const document = (await parts.documents.required()).find((one) => one.name === name);
  if (document?.version !== version || !document) throw new Refusal('bad_request');
  const given = { accountId, consents: [agreedVersion(document)], facts, at: parts.clock.now() };
  await parts.db.transaction().execute((trx) => giveConsents(trx, given));
}

/** @throws Refusal not_found for a document that an account can be without, or that nobody agreed to */
async function requiredOf(parts: AccountParts, ctx: Context, { accountId }: Visitor): Promise<Document> {
  const { name = '' } = (ctx as Context & { params: Record<string, string> }).params;
  const document = (await parts.documents.current()).find((one) => one.name === name);
  if (!document || !isDocumentName(name) || !isRequired(name)) throw new Refusal('not_found');
  const said = await listConsents(parts.db, accountId);
  if (said.findLast((one) => one.document === name)?.action !== 'given') throw new Refusal('not_found');
  return document;
}

async function showWithdrawal(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const document = await requiredOf(parts, ctx, visitor);
  parts.render(ctx, {
    view: 'account/consents-withdraw',
    title: 'account.consents.withdraw_title',
    values: {
      person: visitor.name,
      name: document.name,
      document: titleOf(document, ctx.state.locale),
      formToken: parts.forms.token(ctx, formPurpose(`withdraw:${document.name}`, visitor)),
    },
  });
}

/** Ends every sign-in, this one too: so what follows stands on a page for which nobody need be signed in. */
async function withdraw(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const { name } = await requiredOf(parts, ctx, visitor);
  parts.forms.read(ctx, formPurpose(`withdraw:${name}`, visitor));
  const { accountId } = visitor;
  const withdrawal = { accountId, document: name, facts: factsOf(ctx, 'button') };
  const result = await withdrawConsent(parts, withdrawal, `account:${accountId}`);
  if (result.outcome !== 'closing') return goTo(ctx, PATH);
  lastDay(parts).write(ctx, result.destroyBy.toISOString(), HOUR);
  goTo(ctx, WITHDRAWN);
}

/** The day stands in a cookie, so that a reload or the other language shows the page again. */
const lastDay = ({ issuer }: AccountParts): Cookie => defineCookie(issuer, 'withdrawn');

function showWithdrawn(parts: AccountParts, ctx: Context): void {
  const day = lastDay(parts).read(ctx);
  if (day === undefined) return goTo(ctx, PATH);
  parts.render(ctx, {
    view: 'account/consents-withdrawn',
    title: 'account.consents.withdrawn_title',
    values: { day: dayOf(new Date(day), ctx.state.locale) },
  });
}
