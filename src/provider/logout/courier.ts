/**
 * Tells relying parties that a session is over (OIDC Back-Channel Logout 1.0). The notices lie in the outbox; here each try
 * gets a logout token of its own and is sent. A relying party that cannot be reached holds up no sign-out and no other
 * relying party, and is tried again for about a day.
 */
import { randomBytes } from 'node:crypto';
import type { Client } from 'oidc-provider';
import { AddressRefused, type Outgoing } from '../../http/outgoing/outgoing';
import { DeliveryFailure, type Courier, type LogoutNotice } from '../../notifications/notifications';
import type { ProviderHolder } from '../provider';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const DEADLINE_MS = 3000;
/** What comes back is not read. */
const MAX_BYTES = 8 * 1024;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
/** Somebody has just signed out, so the first tries come soon. */
const DELAYS = [2, 10, 30, 2 * MINUTE, 10 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR];

export function createLogoutCourier(holder: ProviderHolder, outgoing: Outgoing): Courier {
  return {
    channel: 'logout',
    repeats: true,
    delays: DELAYS,
    async carry(notice) {
      if (notice.channel !== 'logout') throw new TypeError('not a notice to a relying party');
      const client = await holder.provider().Client.find(notice.clientId);
      const uri = client?.backchannelLogoutUri;
      if (!client || uri === undefined)
        throw new DeliveryFailure('expired', 'the relying party is gone, or listens no more');
      await post(outgoing, uri, await logoutToken(holder, client, notice));
      return undefined;
    },
  };
}

/** §2.4: `logout+jwt`, two minutes, with the subject as this relying party knows it. */
async function logoutToken(
  holder: ProviderHolder,
  client: Client,
  { accountId, sid }: LogoutNotice,
): Promise<string> {
  const { IdToken } = holder.provider();
  const token = new IdToken({ sub: accountId }, { client });
  Object.assign(token, { mask: { sub: null } });
  token.set('events', { [EVENT]: {} });
  token.set('jti', randomBytes(16).toString('base64url'));
  if (sid !== null) token.set('sid', sid);
  return token.issue({ use: 'logout' });
}

/** @throws DeliveryFailure unless it is taken (§2.8: 200; 204 is what some frameworks make of it) */
async function post(outgoing: Outgoing, uri: string, token: string): Promise<void> {
  const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  const body = new URLSearchParams({ logout_token: token }).toString();
  const sent = await outgoing(uri, {
    ...{ ...form, method: 'POST', body, deadlineMs: DEADLINE_MS, maxBytes: MAX_BYTES },
  }).catch((error: unknown) => {
    const kind = error instanceof AddressRefused ? 'permanent' : 'transient';
    throw new DeliveryFailure(kind, reasonOf(error), { cause: error });
  });
  if (sent.status !== 200 && sent.status !== 204)
    throw new DeliveryFailure('transient', `the relying party answered ${sent.status}`, {
      retryAfter: retryAfter(sent.headers['retry-after']),
    });
}

function reasonOf(error: unknown): string {
  const { name, message, code } = error as Error & { code?: string };
  return name === 'TimeoutError' ? 'no answer within 3 seconds' : [code, message].filter(Boolean).join(': ');
}

/** Seconds, an hour at most: nobody keeps our notices waiting for longer than we would. */
function retryAfter(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Math.min(Number(header), HOUR) : undefined;
}
