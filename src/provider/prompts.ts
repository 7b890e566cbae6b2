/** When the person must be asked before a token is issued: one `Check` a reason. */
import { interactionPolicy, type Client, type KoaContextWithOIDC } from 'oidc-provider';
import { OWN_CLIENT_ID } from '../clients/client';
import { isKeptWaiting } from '../companies/memberships/store';
import { dueDocuments } from '../consents/consent';
import type { Documents } from '../consents/documents';
import { listNewestConsents } from '../consents/store';
import type { Queryable } from '../storage/tables';
import { actingCompany, COMPANY } from './session/acting-company';

const { Check, Prompt, base } = interactionPolicy;

/** A sign-in that was ended meanwhile: the account is blocked, gone, or all its sessions were closed. */
function signInEnded({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.session?.accountId !== undefined && oidc.account === undefined;
}

/** Asked only where somebody is signed in, so once in an authorization. Our own pages are for everybody. */
async function keptWaiting(db: Queryable, { oidc }: KoaContextWithOIDC): Promise<boolean> {
  return oidc.account !== undefined && isKeptFrom(db, oidc.account.accountId, oidc.client);
}

/** Whether this relying party takes in nobody whom no company lets in; asked before tokens, and of tokens later. */
export async function isKeptFrom(
  db: Queryable,
  accountId: string,
  client: Client | undefined,
): Promise<boolean> {
  if (client?.clientId === OWN_CLIENT_ID) return false;
  return isKeptWaiting(db, accountId, client?.admits === 'waiting');
}

/**
 * A required document has changed since the person agreed to it, or they have taken their word back. Our own pages are
 * open all the same: a person may see and end what is kept about them without agreeing to anything new.
 */
async function mustAgree(
  db: Queryable,
  documents: Documents,
  { oidc }: KoaContextWithOIDC,
): Promise<boolean> {
  if (oidc.account === undefined || oidc.client?.clientId === OWN_CLIENT_ID) return false;
  const newest = await listNewestConsents(db, oidc.account.accountId);
  return dueDocuments(await documents.required(), newest).length > 0;
}

export function interactionPrompts(db: Queryable, documents: Documents): interactionPolicy.DefaultPolicy {
  const policy = base();
  policy
    .get('login')
    ?.checks.add(
      new Check('sign_in_ended', 'the End-User must sign in again', 'login_required', signInEnded),
    );
  const approval = new Check(
    'application_open',
    'the End-User is not approved yet',
    'interaction_required',
    (ctx) => keptWaiting(db, ctx),
  );
  const several = new Check(
    'company_not_chosen',
    'the End-User must choose the company to act for',
    'interaction_required',
    async (ctx) => (await actingCompany(db, ctx)).mustChoose,
  );
  const company = new Prompt({ name: COMPANY, requestable: true }, several);
  // That the relying party wishes for the page is no reason to show it to somebody who has nothing to choose.
  company.checks.remove('company_prompt');
  policy.add(company, 1);
  // After the sign-in and before consent.
  policy.add(new Prompt({ name: 'approval' }, approval), 1);
  const agreement = new Check(
    'documents_changed',
    'the End-User must agree to documents that have changed',
    'interaction_required',
    (ctx) => mustAgree(db, documents, ctx),
  );
  // Before the page that says how an application stands: agreeing leads on, waiting does not.
  policy.add(new Prompt({ name: 'documents' }, agreement), 1);
  return policy;
}
