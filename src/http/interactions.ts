/**
 * The port through which a flow reaches OpenID Connect: what a relying party asks for, and how the flow ends.
 * provider/ implements it, app.ts hands it out; so no flow imports oidc-provider.
 */
import type { Row } from '../storage/tables';
import type { Brand, Context } from './context';

export type NameKind = Row<'identifiers'>['kind'];

export interface InteractionDetails {
  uid: string;
  /** What must be settled first: `login`, `consent` … */
  prompt: string;
  brand: Brand;
  /** Where the relying party wants the person back; forms of the interaction may end there. */
  redirectUri: string | undefined;
  /** By which names people sign in there; the page shows them in this order. */
  signInNames: readonly NameKind[];
  /** The cabinet that the relying party replaced, for those who still need it. */
  legacyUri: string | undefined;
  loginHint: string | undefined;
  uiLocales: string | undefined;
  /** Who is signed in, when something else than a sign-in must be settled. */
  accountId: string | undefined;
  /** The company that the relying party asks for: `<inn>` or `<inn>/<kpp>`, as it came. */
  company: string | undefined;
  /** Scopes asked for, in the order of the request, and those of claims that are asked for one by one. */
  scopes: string[];
  /** URIs of the APIs that it asks tokens for. */
  resources: string[];
  /** Authorization details that it asks for (RFC 9396), sound by their types. */
  details: { [name: string]: unknown; type: string }[];
}

export interface SignedIn {
  accountId: string;
  /** How, by RFC 8176. */
  amr: string[];
  /** When the account was last seen to be in order; what ends sign-ins after this ends this one too. */
  at: Date;
  /** Whether the browser keeps the sign-in when it is closed. */
  remember: boolean;
}

export interface Interactions {
  /** @throws Refusal interaction_expired when it is finished, too old, or another browser's. */
  details(ctx: Context): Promise<InteractionDetails>;
  /** Hands the signed-in person over and redirects on. */
  signIn(ctx: Context, result: SignedIn): Promise<void>;
  /** What the page was about is settled; what else must be asked follows, or the relying party. */
  proceed(ctx: Context): Promise<void>;
  /** The person acts for this company there. */
  actFor(ctx: Context, companyId: string): Promise<void>;
  /** The person goes on with the account that is signed in, or wants to sign in with another. */
  chooseAccount(ctx: Context, choice: { another: boolean }): Promise<void>;
  /** The person consents to what is asked for. */
  allow(ctx: Context): Promise<void>;
  /** Ends with `access_denied` at the relying party. */
  cancel(ctx: Context): Promise<void>;
}
