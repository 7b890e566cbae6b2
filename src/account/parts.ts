/** What the pages of a signed-in person are made of. */
import type { FileStore } from '../attorney/file-store';
import type { PasswordHasher } from '../accounts/passwords';
import type { IdentifierRules } from '../accounts/policy/identifier-rules';
import type { PasswordPolicy } from '../accounts/policy/password-policy';
import type { Clock } from '../clock';
import type { CompanyDirectory } from '../companies/directory';
import type { Documents } from '../consents/documents';
import type { Context } from '../http/context';
import type { Forms } from '../http/forms';
import type { Limit } from '../http/limits';
import type { Render } from '../http/pages/render';
import type { localeFor } from '../http/pages/texts';
import type { SmsCaps } from '../notifications/sms/limits';
import type { Secrets } from '../secrets';
import type { EphemeralStore } from '../storage/ephemeral/port';
import type { Database } from '../storage/tables';

export interface AccountParts {
  db: Database;
  ephemeral: EphemeralStore;
  secrets: Secrets;
  clock: Clock;
  issuer: string;
  passwords: PasswordHasher;
  passwordPolicy: PasswordPolicy;
  identifierRules: IdentifierRules;
  locale: ReturnType<typeof localeFor>;
  forms: Forms;
  render: Render;
  smsCaps: SmsCaps;
  directories: readonly CompanyDirectory[];
  documents: Documents;
  files: FileStore;
  /** The counters of one wrong password, the same as at the sign-in page. */
  passwordLimits(who: { name: string; knownBrowser: string | undefined; address: string }): Limit[];
}

/** Who looks at the pages. */
export interface Visitor {
  accountId: string;
  name: string;
  /** When they signed in. */
  authTime: Date;
  /** Which of their sessions this is (accounts/sessions). */
  sessionUid: string;
}

export type Handler = (ctx: Context, visitor: Visitor) => Promise<void> | void;

export interface Gate {
  /** The page behind a form, to come back to after a sign-in; the address itself unless said. */
  back?: string;
  /** The sign-in must be a recent one (ASVS 5.0, 7.5.1). */
  fresh?: boolean;
}

/** Adds addresses below /account that only a signed-in person reaches; others sign in first and come back. */
export interface AccountRoutes {
  /** For everybody: what a mailed link leads to first. */
  open(path: string, handle: (ctx: Context) => Promise<void> | void): void;
  get(path: string, handle: Handler, gate?: Gate): void;
  post(path: string, handle: Handler, gate?: Gate): void;
}

/** One page of the menu with all its addresses. */
export interface AccountPage {
  path: string;
  /** `account.pages.<name>` of views/texts names the page in the menu, `account.pages_hint.<name>` says what it is for. */
  name: string;
  add(routes: AccountRoutes, parts: AccountParts): void;
}

/** Seconds for which a sign-in opens what changes names and passwords. */
export const FRESH_SECONDS = 600;

/** What the token of a form is bound to: the page and the person, since browsers are shared. */
export const formPurpose = (page: string, { accountId }: Visitor): string => `account:${page}:${accountId}`;

/** Goes on to a page after a form; `done` is the note it shows, by a name of that page's own closed list. */
export function goTo(ctx: Context, path: string, done?: string): void {
  ctx.status = 303;
  ctx.redirect(done === undefined ? path : `${path}?done=${done}`);
}

/** The note that the address asks for, if the page knows it. */
export function doneNote<Note extends string>(ctx: Context, known: readonly Note[]): Note | undefined {
  return known.find((note) => note === ctx.query.done);
}
