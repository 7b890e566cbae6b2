/**
 * Interactions travel sealed in cookies of the browser they belong to, so that whoever begins sign-ins by the thousand
 * fills no store; only that one was resumed is kept, for it is resumed once. What is too large for a cookie lies in the
 * ephemeral store as other artifacts do.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import Provider, { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import type { Context } from '../../http/context';
import { fingerprint } from '../../secrets';
import type { EphemeralStore } from '../../storage/ephemeral/port';
import { ephemeralArtifacts } from './ephemeral-artifacts';
import { DEFAULT_TTL, type PayloadSeal } from './payload';

const MODEL = 'Interaction';

/** Seconds in which a person settles what a page asks. */
export const INTERACTION_LASTS = 3600;

/** Seconds in which a browser follows the redirect with what it settled: short, since it stands for a sign-in. */
const RESULT_LASTS = 300;

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

/** What the cookie holds; `until` in seconds since 1970. */
interface Carried extends AdapterPayload {
  until?: number;
}

const epochSeconds = (): number => Math.floor(Date.now() / 1000);

export function interactionArtifacts(store: EphemeralStore, payloads: PayloadSeal, issuer: string): Adapter {
  const large = ephemeralArtifacts(MODEL, store, payloads);
  const secure = issuer.startsWith('https:');
  const named = (name: string): string => (secure ? `__Secure-${name}` : name);
  // Of two names, since cookies of one answer are told apart by nothing else.
  const asked = named('interaction_state');
  const settled = named('resume_state');
  const options = { httpOnly: true, sameSite: 'lax', secure, signed: false, overwrite: true } as const;
  const usedKey = (uid: string): string => `oidc:${MODEL}.used:${fingerprint(uid)}`;

  const read = (uid: string): Carried | undefined => {
    const cookies = cookiesOfRequest();
    for (const name of [settled, asked]) {
      const sealed = cookies.get(name, { signed: false });
      const carried: Carried | undefined = sealed ? payloads.open(MODEL, uid, sealed) : undefined;
      if (carried && (carried.until ?? 0) > epochSeconds()) return carried;
    }
    return undefined;
  };

  return {
    ...large,
    async find(uid) {
      const carried = read(uid);
      if (!carried) return large.find(uid);
      const { until: _until, ...payload } = carried;
      return payload;
    },
    async upsert(uid, payload, expiresIn = DEFAULT_TTL) {
      const isSettled = payload.result !== undefined;
      const lasts = isSettled ? RESULT_LASTS : expiresIn;
      const carried: Carried = { ...payload, until: epochSeconds() + lasts };
      const sealed = payloads.seal(MODEL, uid, carried);
      const fits = sealed.length <= LONGEST;
      cookiesOfRequest().set(isSettled ? settled : asked, fits ? sealed : null, {
        ...options,
        path: isSettled ? pathOf(payload.returnTo) : `/interaction/${uid}`,
        maxAge: lasts * 1000,
      });
      if (!fits) await large.upsert(uid, payload, expiresIn);
    },
    async destroy(uid) {
      const carried = read(uid);
      if (carried) {
        const cookies = cookiesOfRequest();
        cookies.set(settled, null, { ...options, path: pathOf(carried.returnTo) });
        cookies.set(asked, null, { ...options, path: `/interaction/${uid}` });
      } else await large.destroy(uid);
      if (!(await store.insert(usedKey(uid), true, INTERACTION_LASTS)))
        throw new errors.SessionNotFound('interaction session not found');
    },
  };
}

const pathOf = (returnTo: unknown): string => new URL(String(returnTo)).pathname;
