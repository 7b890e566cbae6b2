/** «Пароль сохранён»: where a recovery ends, and a mailed link, too. */
import type { Context } from '../http/context';
import type { RecoveryParts } from './parts';

/** In the browser where the recovery began there is a sign-in to go back to. */
export async function showPasswordSet({ visits, render }: RecoveryParts, ctx: Context): Promise<void> {
  const { interaction, clientId } = await visits.current(ctx);
  render(ctx, {
    view: 'recovery/password-set',
    title: 'password_set.title',
    values: { interaction, client: clientId },
  });
}
