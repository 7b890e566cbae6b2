/** How a browser comes back to its registration: a cookie whose fingerprint stands in the row. */
import { clientBrand } from '../clients/brand';
import { registrationPaths, type Client } from '../clients/client';
import { findClient } from '../clients/store';
import { addSeconds } from '../clock';
import type { Context } from '../http/context';
import { addressBlock } from '../http/client-address';
import type { Cookie } from '../http/cookies';
import { reserve } from '../http/limits';
import { allowFormTarget } from '../http/security-headers';
import { fingerprint, randomToken } from '../secrets';
import { USUAL_FORM } from './paths';
import type { RegistrationTools } from './register';
import { REGISTRATION_TTL, UNCHOSEN, type Registration } from './registration';
import { findRegistration, insertRegistration } from './store';

export interface Visits {
  /** Goes on with this browser's registration for that relying party, or begins one. */
  begin(ctx: Context, clientId: string, interaction: string): Promise<Registration>;
  /** This browser's registration; a new one where there is none. */
  current(ctx: Context): Promise<Registration>;
  /** This browser's registration, if it has one; none is begun. */
  known(ctx: Context): Promise<Registration | undefined>;
  /** The way back to the relying party, where the person came from one. */
  interaction(ctx: Context): string | undefined;
  /** Names of the paths that its relying party offers, or our own page where it came from none. */
  offered(registration: Registration): Promise<readonly string[]>;
  /** Lets the browser forget its registration. */
  end(ctx: Context): void;
}

/** Registrations begun from one network address; an office behind one address fits. */
const BEGINS_AN_HOUR = 200;

export interface VisitTools extends RegistrationTools {
  /** Offered to whoever comes from no relying party. */
  ownPaths: readonly string[];
}

/** Known paths only: a relying party may have been registered with one that is gone. */
function offers({ paths, ownPaths }: VisitTools, client: Client | undefined): readonly string[] {
  const known = (names: readonly string[]) => names.filter((name) => Object.hasOwn(paths, name));
  const offered = known(client ? registrationPaths(client.metadata) : ownPaths);
  return offered.length > 0 ? offered : [USUAL_FORM.path.name];
}

/** The cookie holds `<token>.<interaction>`; the interaction is only the way back. */
export function createVisits(tools: VisitTools, cookie: Cookie): Visits {
  const { db, clock, ephemeral } = tools;
  const parts = (ctx: Context): [token: string | undefined, interaction: string | undefined] => {
    const [token, interaction] = (cookie.read(ctx) ?? '').split('.');
    return [token || undefined, interaction || undefined];
  };
  const find = async (token: string | undefined): Promise<Registration | undefined> =>
    token === undefined ? undefined : findRegistration(db, fingerprint(token), clock.now());
  const start = async (
    ctx: Context,
    client: Client | undefined,
    interaction: string,
  ): Promise<Registration> => {
    const key = `register:begin:${addressBlock(ctx.state.address)}`;
    await reserve(ephemeral, [{ key, max: BEGINS_AN_HOUR, window: 3600 }]);
    const token = randomToken();
    const now = clock.now();
    cookie.write(ctx, `${token}.${interaction}`, REGISTRATION_TTL);
    const [first = UNCHOSEN, ...others] = offers(tools, client);
    const path = others.length > 0 ? UNCHOSEN : first;
    const facts = { path, browserHash: fingerprint(token), clientId: client?.id ?? null };
    return insertRegistration(
      db,
      { ...facts, locale: ctx.state.locale, expiresAt: addSeconds(now, REGISTRATION_TTL) },
      now,
    );
  };
  return {
    begin: async (ctx, clientId, interaction) => {
      const [token] = parts(ctx);
      const known = await find(token);
      // None for our own pages: they are no relying party that a registration could lead back to.
      const client = await findClient(db, clientId);
      if (!known || known.accountId !== null || known.clientId !== (client?.id ?? null))
        return start(ctx, client, interaction);
      cookie.write(ctx, `${token ?? ''}.${interaction}`, REGISTRATION_TTL);
      return known;
    },
    current: async (ctx) => {
      const registration = (await find(parts(ctx)[0])) ?? (await start(ctx, undefined, ''));
      await greet(tools, ctx, registration.clientId);
      // Messages speak as the page does that they are sent from.
      return { ...registration, locale: ctx.state.locale };
    },
    known: (ctx) => find(parts(ctx)[0]),
    interaction: (ctx) => parts(ctx)[1],
    offered: async ({ clientId }) =>
      offers(tools, clientId === null ? undefined : await findClient(db, clientId)),
    end: (ctx) => {
      cookie.clear(ctx);
    },
  };
}

/** The head of the pages names the relying party, and «Отмена» may end at it. */
async function greet({ db }: RegistrationTools, ctx: Context, clientId: string | null): Promise<void> {
  const client = clientId === null ? undefined : await findClient(db, clientId);
  if (!client) return;
  ctx.state.brand = clientBrand(client);
  const { redirect_uris: uris } = client.metadata;
  for (const uri of Array.isArray(uris) ? uris : []) allowFormTarget(ctx, String(uri));
}
