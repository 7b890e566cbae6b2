/** Where each artifact lives: truth in the database, the short-lived in the ephemeral store (docs/storage.md). */
import type { Adapter } from 'oidc-provider';
import type { Clock } from '../../clock';
import type { Secrets } from '../../secrets';
import type { EphemeralStore } from '../../storage/ephemeral/port';
import type { Database } from '../../storage/tables';
import { clientArtifacts } from './clients';
import { ephemeralArtifacts } from './ephemeral-artifacts';
import { grantArtifacts } from './grants';
import { createPayloadSeal } from './payload';
import { refreshTokenArtifacts } from './refresh-tokens';

export interface AdapterParts {
  db: Database;
  ephemeral: EphemeralStore;
  secrets: Secrets;
  clock: Clock;
}

/** The adapter factory that oidc-provider asks once per model. */
export function createAdapters({ db, ephemeral, secrets, clock }: AdapterParts): (model: string) => Adapter {
  const payloads = createPayloadSeal(secrets);
  return (model) => {
    if (model === 'Client') return clientArtifacts(db);
    if (model === 'Grant') return grantArtifacts(db, payloads, clock);
    if (model === 'RefreshToken') return refreshTokenArtifacts(db, payloads, clock);
    return ephemeralArtifacts(model, ephemeral, payloads);
  };
}
