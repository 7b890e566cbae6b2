/** The page between a sign-in and a relying party while an account is being closed: its owner can undo that there. */
import { undoClosingAsked } from '../consents/closing/close-account';
import { findOpenClosing } from '../consents/store';
import type { Context, Middleware } from '../http/context';
import type { Forms } from '../http/forms';
import type { Interactions } from '../http/interactions';
import { dayOf } from '../http/pages/days';
import type { Render } from '../http/pages/render';
import type { localeFor } from '../http/pages/texts';
import type { WithdrawalTools } from '../consents/withdraw';

export interface ClosingParts extends WithdrawalTools {
  interactions: Interactions;
  forms: Forms;
  render: Render;
  locale: ReturnType<typeof localeFor>;
}

const purpose = (uid: string): string => `closing:${uid}`;

/** Gives the page of the prompt `closing`. */
export function closingPage(parts: ClosingParts): Middleware {
  return async (ctx) => {
    const details = await parts.interactions.details(ctx);
    parts.locale.suggest(ctx, details.uiLocales);
    const open = await findOpenClosing(parts.db, details.accountId ?? '');
    // Undone in another tab.
    if (open?.reason !== 'asked') return parts.interactions.proceed(ctx);
    parts.render(ctx, {
      view: 'consenting/closing',
      title: 'closing.title',
      form: { id: 'closing', action: `/interaction/${details.uid}/closing` },
      values: {
        day: dayOf(open.destroyAfter ?? open.destroyBy, ctx.state.locale),
        formToken: parts.forms.token(ctx, purpose(details.uid)),
      },
    });
  };
}

/** Undoes the closing and goes on to the relying party, or back to it without a sign-in. */
export async function postClosing(parts: ClosingParts, page: Middleware, ctx: Context): Promise<void> {
  const { uid, accountId } = await parts.interactions.details(ctx);
  const form = parts.forms.read(ctx, purpose(uid));
  if (parts.locale.choose(ctx, form.lang)) {
    await page(ctx, () => Promise.resolve());
    return;
  }
  if (form.decision !== 'undo' || accountId === undefined) return parts.interactions.cancel(ctx);
  const { address, requestId } = ctx.state;
  await undoClosingAsked(parts, { accountId, address, requestId });
  await parts.interactions.proceed(ctx);
}
