/**
 * Old passwords checked against imported hashes. Every check does one piece of work of each slow kind that was
 * imported, with a stranger's hash where the login has none, so that the time does not tell which logins exist.
 */
import { addSeconds } from '../../clock';
import { matchesBcrypt } from '../bcrypt';
import type { LegacyCheckParts } from '../check-parts';
import { hashKind, isSlow, matchesQuick, SLOW_STARTS, type SlowKind } from '../hashes';
import { KTSP, loginKey, type LegacyCheck } from '../legacy-account';
import { findHashLike, findLegacyLogin } from '../store';

/** Seconds for which the strangers' hashes are remembered: imports are rare. */
const DECOY_TTL = 300;

type Decoys = Partial<Record<SlowKind, string>>;

export function createImportCheck({ db, clock, passwords }: LegacyCheckParts): LegacyCheck {
  let kept: { decoys: Decoys; until: Date } | undefined;

  const decoys = async (): Promise<Decoys> => {
    if (kept && clock.now() < kept.until) return kept.decoys;
    const [bcrypt, argon2] = await Promise.all([
      findHashLike(db, KTSP, SLOW_STARTS.bcrypt),
      findHashLike(db, KTSP, SLOW_STARTS.argon2),
    ]);
    kept = { decoys: { bcrypt, argon2 }, until: addSeconds(clock.now(), DECOY_TTL) };
    return kept.decoys;
  };
  const slowly = (kind: SlowKind, hash: string, password: string): Promise<boolean | undefined> =>
    kind === 'bcrypt' ? matchesBcrypt(hash, password) : passwords.verify(hash, password);

  return {
    check: async (login, password) => {
      const row = await findLegacyLogin(db, KTSP, loginKey(login));
      const own = row && hashKind(row.hash);
      const work: Decoys = { ...(await decoys()), ...(row && isSlow(own) ? { [own]: row.hash } : {}) };
      let right = row !== undefined && matchesQuick(row.hash, password);
      let known = true;
      for (const [kind, hash] of Object.entries(work) as [SlowKind, string | undefined][]) {
        if (hash === undefined) continue;
        const matches = await slowly(kind, hash, password);
        known &&= matches !== undefined;
        if (kind === own) right = matches === true;
      }
      if (!known) return 'unavailable';
      return right ? 'right' : 'wrong';
    },
  };
}
