/**
 * Device codes: found by what the person types, too. oidc-provider looks, changes and saves; here each step of a code's
 * life is taken once only, so that of two people (or tabs) with one code one goes on, and a spent code stays spent.
 */
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import { fingerprint, type Secrets } from '../../secrets';
import type { EphemeralStore } from '../../storage/ephemeral/port';
import { ephemeralArtifacts } from './ephemeral-artifacts';
import { DEFAULT_TTL, type PayloadSeal } from './payload';

const MODEL = 'DeviceCode';

export function deviceCodeArtifacts(store: EphemeralStore, payloads: PayloadSeal, secrets: Secrets): Adapter {
  const plain = ephemeralArtifacts(MODEL, store, payloads);
  // Short enough to be tried out, so the key of its hash is ours.
  const codeKeys = (code: string): string[] =>
    secrets.macs('lookup', `user_code:${code}`).map((mac) => `oidc:${MODEL}.user_code:${mac}`);

  return {
    ...plain,
    async upsert(id, payload, expiresIn = DEFAULT_TTL) {
      const step = stepOf(payload);
      if (step === 'made') {
        const kept = payloads.seal(`${MODEL}.user_code`, payload.userCode ?? '', { uid: id });
        const [newest = ''] = codeKeys(payload.userCode ?? '');
        if (!(await store.insert(newest, kept, expiresIn)))
          throw new errors.TemporarilyUnavailable('this code is in use');
      } else if (!(await store.insert(`oidc:${MODEL}.${step}:${fingerprint(id)}`, true, expiresIn))) {
        throw new errors.InvalidRequest('the code has already been used');
      }
      await plain.upsert(id, payload, expiresIn);
    },
    async findByUserCode(code) {
      for (const key of codeKeys(code)) {
        const entry = await store.find(key);
        if (typeof entry?.value !== 'string') continue;
        const id = payloads.open(`${MODEL}.user_code`, code, entry.value)?.uid;
        return id === undefined ? undefined : plain.find(id);
      }
      return undefined;
    },
  };
}

/** Made, then confirmed by whoever typed it, then settled: by a sign-in or by a no. */
function stepOf({ accountId, error, inFlight }: AdapterPayload): 'made' | 'confirmed' | 'settled' {
  if (accountId !== undefined || error !== undefined) return 'settled';
  return inFlight ? 'confirmed' : 'made';
}
