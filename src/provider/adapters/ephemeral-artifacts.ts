/** Interactions, codes, opaque access tokens, replay marks: short-lived, in the ephemeral store. */
import { errors, type Adapter } from 'oidc-provider';
import { fingerprint } from '../../secrets';
import type { EphemeralStore } from '../../storage/ephemeral/port';
import { DEFAULT_TTL, type PayloadSeal } from './payload';

/** A JWT came again whose mark stands already. */
export class Replayed extends errors.InvalidRequest {}

/** Seconds that a pushed request is kept beyond its end: as long as a sign-in that began with it may take. */
const PUSHED_LONGER = 3600;

/** Whoever comes second. */
const SPENT: Record<string, () => Error> = {
  PushedAuthorizationRequest: () => new errors.InvalidRequestUri('the request_uri was already used'),
};

export function ephemeralArtifacts(model: string, store: EphemeralStore, payloads: PayloadSeal): Adapter {
  const key = (id: string): string => `oidc:${model}:${fingerprint(id)}`;

  return {
    async find(id) {
      const entry = await store.find(key(id));
      if (typeof entry?.value !== 'string') return undefined;
      const payload = payloads.open(model, id, entry.value);
      return payload && entry.spent ? { ...payload, consumed: true } : payload;
    },
    async upsert(id, payload, expiresIn = DEFAULT_TTL) {
      const sealed = payloads.seal(model, id, payload);
      if (model === 'ReplayDetection') {
        // oidc-provider looks first and saves later; only the insert itself decides (RFC 7523 §3, RFC 9449 §11.1).
        if (!(await store.insert(key(id), sealed, expiresIn))) throw new Replayed('already used');
        return;
      }
      // Its mark of use must be there for the second sign-in that began with it, however late that one ends.
      const kept = model === 'PushedAuthorizationRequest' ? expiresIn + PUSHED_LONGER : expiresIn;
      await store.put(key(id), sealed, kept);
    },
    findByUid: () => Promise.resolve(undefined),
    findByUserCode: () => Promise.resolve(undefined),
    async consume(id) {
      // One winner under any concurrency (RFC 6749 §4.1.2); the library's own check runs before this and may be stale.
      if (!(await store.spend(key(id)))) throw SPENT[model]?.() ?? new errors.InvalidGrant('already used');
    },
    async destroy(id) {
      await store.delete(key(id));
    },
    // Every use of a code or an opaque token asks for its grant, so ending the grant ended them all.
    revokeByGrantId: () => Promise.resolve(),
  };
}
