/** Who loses the last company that let them in is signed out where only members may enter. */
import { listParticipants, tellSignedOut } from '../accounts/sessions/participants';
import type { Queryable } from '../storage/tables';
import { isKeptWaiting } from './memberships/store';

/** Has the relying party told, for each that a person could be in and may be no more. After the change, in its transaction. */
export async function tellKeptOut(trx: Queryable, accountId: string, at: Date): Promise<void> {
  if (!(await isKeptWaiting(trx, accountId))) return;
  const noLongerWaiting = await isKeptWaiting(trx, accountId, true);
  const left = (await listParticipants(trx, accountId)).filter(
    ({ admitsWaiting }) => noLongerWaiting || !admitsWaiting,
  );
  await tellSignedOut(trx, { accountId, clientIds: left.map(({ clientId }) => clientId) }, at);
}
