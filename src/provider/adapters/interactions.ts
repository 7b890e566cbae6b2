/**
 * Interactions. While nobody is known in one, it travels sealed in a cookie of the browser it belongs to, so that whoever
 * begins sign-ins by the thousand fills no store. What somebody settled, and whom it is about, never does: that lies in
 * the ephemeral store, so that SECRET_KEY alone makes nobody signed in, and is taken out by the one who resumes.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';
import type { Context } from '../../http/context';
import { fingerprint } from '../../secrets';
import type { EphemeralStore } from '../../storage/ephemeral/port';
import { beforeAnswer, withdraw } from './before-answer';
import { ephemeralArtifacts } from './ephemeral-artifacts';
import { DEFAULT_TTL, type PayloadSeal } from './payload';

const MODEL = 'Interaction';

/** Seconds in which a person settles what a page asks. */
export const INTERACTION_LASTS = 3600;

/** Characters of a cookie, so that a proxy takes the answer's header in the 4 KB it usually has for it. */
const LONGEST = 1800;

/** Requests of our own pages; those of the protocol are known to oidc-provider. */
const requests = new AsyncLocalStorage<Pick<Context, 'cookies'>>();

/** Runs what asks for the interaction of a request of our own pages. */
export function withCookiesOf<T>(ctx: Pick<Context, 'cookies'>, run: () => Promise<T>): Promise<T> {
  return requests.run(ctx, run);
}

function cookiesOfRequest(): Context['cookies'] {
  const ctx = Provider.ctx ?? requests.getStore();
  if (!ctx) throw new Error('interactions are read and written by requests');
  return ctx.cookies;
}

/** What says who somebody is or was, or what they answered. */
const PERSONAL = ['session', 'accountId', 'grantId', 'lastSubmission', 'result', 'deviceCode'] as const;

const isOfNobody = (payload: AdapterPayload): boolean =>
  PERSONAL.every((name) => (payload as Record<string, unknown>)[name] === undefined);

const RESUMING = new Set(['resume', 'device_resume']);

export function interactionArtifacts(store: EphemeralStore, payloads: PayloadSeal, issuer: string): Adapter {
  const stored = ephemeralArtifacts(MODEL, store, payloads);
  const secure = issuer.startsWith('https:');
  const name = secure ? '__Secure-interaction_state' : 'interaction_state';
  const writeCookie = (uid: string, value: string | null, maxAge?: number): void => {
    const options = { httpOnly: true, sameSite: 'lax', secure, signed: false, overwrite: true } as const;
    cookiesOfRequest().set(name, value, { ...options, path: `/interaction/${uid}`, maxAge });
  };

  const putBack = (uid: string): string => `${MODEL}:${uid}`;

  /** For one of any number of callers; put back when that one does not go on with it, since somebody else must sign out first. */
  const take = async (uid: string): Promise<AdapterPayload | undefined> => {
    const entry = await store.take(`oidc:${MODEL}:${fingerprint(uid)}`);
    const payload = typeof entry?.value === 'string' ? payloads.open(MODEL, uid, entry.value) : undefined;
    const left = (payload?.exp ?? 0) - Math.floor(Date.now() / 1000);
    if (payload && left > 0) await beforeAnswer(putBack(uid), () => stored.upsert(uid, payload, left));
    return payload;
  };

  return {
    ...stored,
    async find(uid) {
      if (RESUMING.has(Provider.ctx?.oidc.route ?? '')) return take(uid);
      const sealed = cookiesOfRequest().get(name, { signed: false });
      const carried = sealed ? payloads.open(MODEL, uid, sealed) : undefined;
      return carried && isOfNobody(carried) ? carried : stored.find(uid);
    },
    async upsert(uid, payload, expiresIn = DEFAULT_TTL) {
      const sealed = isOfNobody(payload) ? payloads.seal(MODEL, uid, payload) : undefined;
      if (sealed !== undefined && sealed.length <= LONGEST) writeCookie(uid, sealed, expiresIn * 1000);
      else {
        withdraw(putBack(uid));
        await stored.upsert(uid, payload, expiresIn);
      }
    },
    destroy: (uid) => {
      // Resuming took it out of the store already.
      withdraw(putBack(uid));
      writeCookie(uid, null);
      return Promise.resolve();
    },
  };
}
