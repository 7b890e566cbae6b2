/**
 * The port through which our own pages outside an interaction know who is signed in, and send people to sign in.
 * provider/ implements it, app.ts hands it out.
 */
import type { Context } from './context';

export interface CurrentSession {
  accountId: string;
  /** When the person signed in, in whole seconds. */
  authTime: Date;
  /** Which of the account's sessions it is. */
  uid: string;
}

/** Pages that a sign-in may lead back to: each of these and what stands below it. */
export const OWN_PAGES = ['/approvals', '/account'] as const;

export interface Sessions {
  /** Who is signed in in this browser; undefined also when the account is blocked or its sign-ins were ended. */
  current(ctx: Context): Promise<CurrentSession | undefined>;
  /**
   * Redirects to the sign-in page, and from there back to one of our own pages.
   * @param returnTo path below one of OWN_PAGES, without a query
   * @param options.maxAge seconds; an older sign-in is asked for anew
   * @throws Error for any other path: that is a fault of the page's
   */
  signIn(ctx: Context, returnTo: string, options?: { maxAge?: number }): void;
}
