/** Row types of relying parties, of the APIs they call, and of what people let third parties know. */
import type { Generated, JSONColumnType } from 'kysely';
import type { CreatedAt } from './columns';

export interface ClientTable {
  id: string;
  name: string;
  /** OpenID Connect client metadata (OIDC Registration §2) without id, name and secret. */
  metadata: JSONColumnType<Record<string, unknown>>;
  /** SHA-256 of the client secret (256 random bits, so no slow hash is needed); null for public clients. */
  secretHash: string | null;
  pkceExempt: Generated<boolean>;
  /** By which it registered itself; null for those of operators. */
  registrationTokenId: Generated<string | null>;
  /** Fingerprint of its registration access token (RFC 7592). */
  managementHash: Generated<string | null>;
  logo: Buffer | null;
  logoType: string | null;
  createdAt: CreatedAt;
  updatedAt: Date;
}

export interface RegistrationTokenTable {
  id: string;
  name: string;
  /** Fingerprint of the token. */
  hash: string;
  /** The most that relying parties registered with it may ask for. */
  scope: string;
  usesLeft: number;
  expiresAt: Date;
  /** As the audit names people. */
  createdBy: string;
  createdAt: CreatedAt;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
}

export interface ClientConsentTable {
  accountId: string;
  clientId: string;
  /** With spaces between them. */
  scope: string;
  /** Claims asked for one by one. */
  claims: string;
  /** URI of an API → its scopes. */
  resources: JSONColumnType<Record<string, string>>;
  givenAt: Date;
}

export interface ResourceTable {
  /** Its identifier, and the audience of its tokens. */
  uri: string;
  name: string;
  /** Its scopes, with spaces between them. */
  scope: string;
  tokenFormat: 'jwt' | 'opaque';
  /** Signs its JWTs. */
  alg: 'ES256' | 'RS256' | 'EdDSA';
  createdAt: CreatedAt;
}
