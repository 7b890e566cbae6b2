/** Row types of what stands around an account: its sessions, and what keeps it from being destroyed. */
import type { CreatedAt } from './columns';

export interface AccountSessionTable {
  id: string;
  /** How oidc-provider calls the session in tokens; not the cookie. */
  uid: string;
  accountId: string;
  /** Where the person came from when they signed in. */
  clientId: string | null;
  userAgent: string;
  address: string;
  createdAt: CreatedAt;
  signedInAt: Date;
  lastSeenAt: Date;
  endedAt: Date | null;
  /** The row is swept then; later than the session itself can last. */
  expiresAt: Date;
}

export interface SessionClientTable {
  sessionUid: string;
  /** A relying party that listens for the end of sessions, and was signed in to. */
  clientId: string;
  accountId: string;
  /** How it calls the session. */
  sid: string | null;
}

export interface AccountHoldTable {
  accountId: string;
  reason: string;
  /** As the audit names people. */
  setBy: string;
  setAt: Date;
}
