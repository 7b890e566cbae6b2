/** How a browser comes back to its recovery, and the recovery to the sign-in it began at. */
import { clientBrand } from '../clients/brand';
import { findClient } from '../clients/store';
import type { Context } from '../http/context';
import { defineCookie } from '../http/cookies';
import { randomToken } from '../secrets';
import { findPasswordRight } from './check-code';
import { RECOVERY_TTL, type Recovery } from './recovery';
import { endRecovery, findRecovery, type RecoveryTools } from './start';

/** What the server knows of this browser's recovery: all that decides which step is due. */
export interface Visit {
  /** 256 random bits of this browser, made anew for each name; '' before the first. */
  token: string;
  recovery: Recovery | undefined;
  /** How far the right to set a password is: `live` after a right code, `spent` once the password is set. */
  right: 'live' | 'spent' | 'unknown';
  /** The sign-in to go back to, when it began at one. */
  interaction: string | undefined;
  clientId: string | undefined;
}

export interface Visits {
  current(ctx: Context): Promise<Visit>;
  /** Notes where the person came from; a recovery under way goes on. */
  enter(ctx: Context, interaction: string, clientId: string): void;
  /** A fresh token, so that nobody who saw the earlier one follows. */
  renew(ctx: Context, visit: Visit): Visit;
  /** Forgets the recovery, but not the way back. */
  end(ctx: Context, visit: Visit): Promise<void>;
}

/** The signed cookie holds `<token>.<interaction>.<client>`; either may be empty. */
export function createVisits(tools: RecoveryTools): Visits {
  const cookie = defineCookie(tools.issuer, 'recovery');
  const read = (ctx: Context): Pick<Visit, 'token' | 'interaction' | 'clientId'> => {
    const [token = '', interaction, ...client] = (cookie.read(ctx) ?? '').split('.');
    return { token, interaction: interaction || undefined, clientId: client.join('.') || undefined };
  };
  const write = (ctx: Context, token: string, { interaction, clientId }: Partial<Visit>): void => {
    cookie.write(ctx, [token, interaction ?? '', clientId ?? ''].join('.'), RECOVERY_TTL);
  };
  return {
    current: async (ctx) => {
      const kept = read(ctx);
      const recovery = kept.token ? await findRecovery(tools.ephemeral, kept.token) : undefined;
      const right = recovery ? await findPasswordRight(tools, kept.token, recovery) : 'unknown';
      await greet(tools, ctx, kept.clientId);
      return { ...kept, recovery, right };
    },
    enter: (ctx, interaction, clientId) => {
      write(ctx, read(ctx).token, { interaction, clientId });
    },
    renew: (ctx, visit) => {
      const token = randomToken();
      write(ctx, token, visit);
      return { ...visit, token, recovery: undefined, right: 'unknown' };
    },
    end: async (ctx, visit) => {
      await endRecovery(tools.ephemeral, visit.token);
      write(ctx, '', visit);
    },
  };
}

/** The head of the pages names the relying party. */
async function greet({ db }: RecoveryTools, ctx: Context, clientId: string | undefined): Promise<void> {
  const client = clientId === undefined ? undefined : await findClient(db, clientId);
  if (client) ctx.state.brand = clientBrand(client);
}
