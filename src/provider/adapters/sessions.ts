/**
 * Sessions of browsers. They are found by the name that tokens call them, too, and written only when there is something to
 * write: oidc-provider saves a session at each visit, of which most change nothing but its end.
 */
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';
import type { EphemeralStore } from '../../storage/ephemeral/port';
import { beforeAnswer, withdraw } from './before-answer';
import { ephemeralArtifacts } from './ephemeral-artifacts';
import { DEFAULT_TTL, type PayloadSeal } from './payload';

const MODEL = 'Session';
const UID = 'Session.uid';

/** Seconds by which the stored end of a session may lag behind the last visit. */
const LAG = 60;

/** Written out, since oidc-provider changes the parts of a payload in place. */
interface Stored {
  id: string;
  content: string;
  exp: number;
}

export function sessionArtifacts(store: EphemeralStore, payloads: PayloadSeal): Adapter {
  const plain = ephemeralArtifacts(MODEL, store, payloads);
  const uidKey = (uid: string): string => `oidc:Session.uid:${uid}`;
  // What this request knows to stand in the store.
  const known = new WeakMap<object, Stored>();
  const note = (stored: Stored): void => {
    if (Provider.ctx) known.set(Provider.ctx, stored);
  };

  return {
    ...plain,
    async find(id) {
      const payload = await plain.find(id);
      if (payload) note(describe(id, payload));
      return payload;
    },
    async upsert(id, payload, expiresIn = DEFAULT_TTL) {
      const wanted = describe(id, payload);
      if (isAsGood(Provider.ctx && known.get(Provider.ctx), wanted)) return;
      const { uid = '' } = payload;
      await beforeAnswer(`${MODEL}:${id}`, () =>
        Promise.all([
          plain.upsert(id, payload, expiresIn),
          store.put(uidKey(uid), payloads.seal(UID, uid, { uid: id }), expiresIn),
        ]),
      );
      note(wanted);
    },
    async destroy(id) {
      withdraw(`${MODEL}:${id}`);
      await plain.destroy(id);
      if (Provider.ctx) known.delete(Provider.ctx);
    },
    async findByUid(uid) {
      const entry = await store.find(uidKey(uid));
      if (typeof entry?.value !== 'string') return undefined;
      const id = payloads.open(UID, uid, entry.value)?.uid;
      return id === undefined ? undefined : plain.find(id);
    },
  };
}

function describe(id: string, { iat: _iat, exp = 0, jti: _jti, ...content }: AdapterPayload): Stored {
  return { id, content: JSON.stringify(content), exp };
}

function isAsGood(stored: Stored | undefined, { id, content, exp }: Stored): boolean {
  return stored?.id === id && stored.content === content && exp >= stored.exp && exp - stored.exp < LAG;
}
