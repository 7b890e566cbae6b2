/**
 * How an artifact of oidc-provider is kept: under the fingerprint of its identifier (which for a token, code or
 * session cookie is the secret itself), its payload sealed and without that identifier.
 */
import type { AdapterPayload } from 'oidc-provider';
import type { Clock } from '../../clock';
import { fingerprint, type Secrets } from '../../secrets';
import type { Statements } from '../../storage/statements';
import type { Database } from '../../storage/tables';
import type { Standings } from '../session/standing';

/** What artifacts in the database are kept with. */
export interface StoredParts {
  db: Database;
  statements: Statements;
  payloads: PayloadSeal;
  clock: Clock;
  standings: Standings;
}

export interface PayloadSeal {
  seal(model: string, id: string, payload: AdapterPayload): string;
  /** The payload with its identifier put back; undefined when it cannot be opened. */
  open(model: string, id: string, sealed: string): AdapterPayload | undefined;
}

export function createPayloadSeal(secrets: Secrets): PayloadSeal {
  const context = (model: string, id: string): string => `${model}:${fingerprint(id)}`;
  return {
    seal: (model, id, payload) => {
      const { jti: _jti, ...kept } = payload;
      return secrets.seal(JSON.stringify(kept), context(model, id));
    },
    open: (model, id, sealed) => {
      try {
        return { ...(JSON.parse(secrets.open(sealed, context(model, id))) as AdapterPayload), jti: id };
      } catch {
        // Sealed under a key that was taken out of SECRET_KEY, or altered: to its holder it is simply gone.
        return undefined;
      }
    },
  };
}

/** Seconds for an artifact that oidc-provider gives no end; none of those in use here is such a one. */
export const DEFAULT_TTL = 3600;
