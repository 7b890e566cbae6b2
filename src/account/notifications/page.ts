/** «Настройка уведомлений»: which messages the person wants; those about the safety of the account always come. */
import { listConsents } from '../../consents/store';
import { CATEGORIES } from '../../notifications/categories';
import { listMuted, muteOnly } from '../../notifications/settings';
import type { Context } from '../../http/context';
import type { Form } from '../../http/forms';
import { setAdvertising } from '../consents/advertising';
import { doneNote, formPurpose, goTo, type AccountPage, type AccountParts, type Visitor } from '../parts';

const PATH = '/account/notifications';

export const notificationsPage: AccountPage = {
  path: PATH,
  name: 'notifications',
  add: (routes, parts) => {
    routes.get(PATH, (ctx, visitor) => show(parts, ctx, visitor));
    routes.post(PATH, (ctx, visitor) => save(parts, ctx, visitor));
  },
};

async function show(parts: AccountParts, ctx: Context, visitor: Visitor, typed?: Form): Promise<void> {
  const { db, documents } = parts;
  const [muted, said, current] = await Promise.all([
    listMuted(db, visitor.accountId),
    listConsents(db, visitor.accountId),
    documents.current(),
  ]);
  parts.render(ctx, {
    view: 'account/notifications',
    title: 'account.pages.notifications',
    form: { id: 'notifications', action: PATH },
    values: {
      person: visitor.name,
      done: doneNote(ctx, ['saved']),
      // By SMS only codes and notices about the safety of the account are sent, so there is nothing to choose.
      categories: CATEGORIES.map((name) => ({
        name,
        wanted: typed
          ? typed[name] === 'yes'
          : !muted.some(({ category, channel }) => category === name && channel === 'email'),
      })),
      advertising: typed
        ? typed.advertising === 'yes'
        : said.findLast(({ document }) => document === 'marketing')?.action === 'given',
      version: current.find(({ name }) => name === 'marketing')?.version,
      formToken: parts.forms.token(ctx, formPurpose('notifications', visitor)),
    },
  });
}

async function save(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const form = parts.forms.read(ctx, formPurpose('notifications', visitor));
  if (parts.locale.choose(ctx, form.lang)) return show(parts, ctx, visitor, form);
  const categories = CATEGORIES.filter((name) => form[name] !== 'yes');
  const { accountId } = visitor;
  const at = parts.clock.now();
  await parts.db
    .transaction()
    .execute((trx) => muteOnly(trx, { accountId, channel: 'email', categories }, at));
  const seen = { version: form.version, way: 'box' as const };
  await setAdvertising(parts, ctx, visitor, form.advertising === 'yes', seen);
  goTo(ctx, PATH, 'saved');
}
