/** Closing the account, and undoing that while there is time. */
import { askClosing, undoClosingAsked, type ClosingRequest } from '../../consents/closing/close-account';
import { findOpenClosing } from '../../consents/store';
import type { Problems } from '../../errors';
import type { Context } from '../../http/context';
import { dayOf } from '../../http/pages/days';
import { doneNote, formPurpose, goTo, type AccountPage, type AccountParts, type Visitor } from '../parts';

const PATH = '/account/close';
const UNDO = `${PATH}/undo`;

export const closePage: AccountPage = {
  path: PATH,
  name: 'close',
  add: (routes, parts) => {
    routes.get(PATH, (ctx, visitor) => show(parts, ctx, visitor));
    routes.post(
      PATH,
      async (ctx, visitor) => {
        const form = parts.forms.read(ctx, formPurpose('close', visitor));
        if (parts.locale.choose(ctx, form.lang)) return show(parts, ctx, visitor, { understood: form.understood });
        if (form.understood !== 'yes')
          return show(parts, ctx, visitor, { problems: { understood: 'closing_not_understood' } });
        await askClosing(parts, requestOf(ctx, visitor));
        goTo(ctx, PATH, 'asked');
      },
      { fresh: true, back: PATH },
    );
    routes.post(
      UNDO,
      async (ctx, visitor) => {
        parts.forms.read(ctx, formPurpose('close', visitor));
        const undone = await undoClosingAsked(parts, requestOf(ctx, visitor));
        goTo(ctx, PATH, undone ? 'undone' : undefined);
      },
      { back: PATH },
    );
  },
};

function requestOf(ctx: Context, { accountId, sessionUid }: Visitor): ClosingRequest {
  const { address, requestId } = ctx.state;
  return { accountId, sessionUid, address, requestId };
}

async function show(
  { db, forms, render }: AccountParts,
  ctx: Context,
  visitor: Visitor,
  { problems, understood }: { problems?: Problems; understood?: string } = {},
): Promise<void> {
  const open = await findOpenClosing(db, visitor.accountId);
  const day = open && dayOf(open.destroyAfter ?? open.destroyBy, ctx.state.locale);
  render(ctx, {
    view: 'account/close',
    title: 'account.pages.close',
    problems,
    // While it is being closed there is nothing to fill in.
    form: open ? undefined : { id: 'close', action: PATH },
    values: {
      understood: understood === 'yes',
      person: visitor.name,
      done: doneNote(ctx, open ? ['asked'] : ['undone']),
      day,
      reason: open?.reason,
      formToken: forms.token(ctx, formPurpose('close', visitor)),
    },
  });
}
