/** When the person must be asked before a token is issued: one `Check` a reason. */
import { interactionPolicy, type Client, type KoaContextWithOIDC } from 'oidc-provider';
import { OWN_CLIENT_ID } from '../clients/client';
import { isKeptWaiting, keepsWaiting } from '../companies/memberships/store';
import { dueDocuments } from '../consents/consent';
import type { Documents } from '../consents/documents';
import type { Queryable } from '../storage/tables';
import { actingCompany, COMPANY } from './session/acting-company';
import { ofSession, type Standing, type Standings } from './session/standing';

const { Check, Prompt, base } = interactionPolicy;

/** A sign-in that was ended meanwhile: the account is blocked, gone, or all its sessions were closed. */
function signInEnded({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.session?.accountId !== undefined && oidc.account === undefined;
}

const isOwn = (client: Client | undefined): boolean => client?.clientId === OWN_CLIENT_ID;

/**
 * Whether this relying party takes in nobody whom no company lets in; asked before tokens, and of tokens later. Our own
 * pages are for everybody.
 */
export function keepsOut({ memberships }: Standing, client: Client | undefined): boolean {
  return !isOwn(client) && keepsWaiting(memberships, client?.admits === 'waiting');
}

/** The same of another relying party than the one that asks. */
export async function isKeptFrom(
  db: Queryable,
  accountId: string,
  client: Client | undefined,
): Promise<boolean> {
  return !isOwn(client) && isKeptWaiting(db, accountId, client?.admits === 'waiting');
}

/**
 * The owner has asked for the end of the account. Until its data go they may only sign in to undo that: no relying party
 * is told anything, neither by new tokens nor by those of that very moment. What a withdrawn consent ends, the page of
 * the documents settles.
 */
export function isBeingClosed({ closing }: Standing, client: Client | undefined): boolean {
  return closing && !isOwn(client);
}

/**
 * A required document has changed since the person agreed to it, or they have taken their word back. Our own pages are
 * open all the same: a person may see and end what is kept about them without agreeing to anything new.
 */
async function mustAgree(
  documents: Documents,
  { consents }: Standing,
  client: Client | undefined,
): Promise<boolean> {
  return !isOwn(client) && dueDocuments(await documents.required(), consents).length > 0;
}

/** OIDC Core §3.1.2.1. */
const SELECT_ACCOUNT = 'select_account';

function mustSelect({ session, prompts, result }: KoaContextWithOIDC['oidc']): boolean {
  const selected = result?.[SELECT_ACCOUNT] !== undefined || result?.login !== undefined;
  return prompts.has(SELECT_ACCOUNT) && session?.accountId !== undefined && !selected;
}

function wantsAnother({ result }: KoaContextWithOIDC['oidc']): boolean {
  const choice = result?.[SELECT_ACCOUNT] as { another?: boolean } | undefined;
  return choice?.another === true && result?.login === undefined;
}

export interface PromptParts {
  documents: Documents;
  standings: Standings;
}

export function interactionPrompts({ documents, standings }: PromptParts): interactionPolicy.DefaultPolicy {
  const policy = base();
  /** A check of people who are signed in. */
  const check = (
    reason: string,
    description: string,
    asks: (standing: Standing, client: Client | undefined) => boolean | Promise<boolean>,
  ) =>
    new Check(reason, description, 'interaction_required', async (ctx) => {
      const subject = ofSession(ctx.oidc, ctx.oidc.account?.accountId);
      return subject !== undefined && asks(await standings.of(ctx, subject), ctx.oidc.client);
    });
  policy
    .get('login')
    ?.checks.add(
      new Check('sign_in_ended', 'the End-User must sign in again', 'login_required', signInEnded),
    );
  const login = policy.get('login');
  login?.checks.add(
    new Check('another_account', 'the End-User signs in with another account', 'login_required', ({ oidc }) =>
      wantsAnother(oidc),
    ),
  );
  const selecting = new Check(
    'account_not_selected',
    'the End-User must select an account',
    'account_selection_required',
    ({ oidc }) => mustSelect(oidc),
  );
  const selection = new Prompt({ name: SELECT_ACCOUNT, requestable: true }, selecting);
  // Where nobody is signed in there is nobody to go on as; the sign-in itself selects.
  selection.checks.remove('select_account_prompt');
  policy.add(selection, 0);
  const approval = check('application_open', 'the End-User is not approved yet', keepsOut);
  const several = new Check(
    'company_not_chosen',
    'the End-User must choose the company to act for',
    'interaction_required',
    async (ctx) => (await actingCompany(standings, ctx)).mustChoose,
  );
  const company = new Prompt({ name: COMPANY, requestable: true }, several);
  // That the relying party wishes for the page is no reason to show it to somebody who has nothing to choose.
  company.checks.remove('company_prompt');
  policy.add(company, 1);
  // After the sign-in and before consent.
  policy.add(new Prompt({ name: 'approval' }, approval), 1);
  const agreement = check(
    'documents_changed',
    'the End-User must agree to documents that have changed',
    (standing, client) => mustAgree(documents, standing, client),
  );
  // Before the page that says how an application stands: agreeing leads on, waiting does not.
  policy.add(new Prompt({ name: 'documents' }, agreement), 1);
  const closing = check('account_closing', 'the account of the End-User is being closed', isBeingClosed);
  // Whoever does not undo that need not agree to anything.
  policy.add(new Prompt({ name: 'closing' }, closing), 1);
  return policy;
}
