/** Pairwise subjects, as oidc-provider asks for them: in ID tokens, at userinfo, in JWTs for APIs, at introspection. */
import type { Client, Configuration } from 'oidc-provider';
import { pairwiseSubject } from '../../clients/subjects';

/** @param salt absent: there are none, and a relying party that wants them is refused */
export function subjectSettings(salt: string | undefined): Configuration {
  if (salt === undefined) return { subjectTypes: ['public'] };
  return {
    subjectTypes: ['public', 'pairwise'],
    pairwiseIdentifier: (_ctx, accountId, client) =>
      pairwiseSubject(salt, (client as Client & { sectorIdentifier: string }).sectorIdentifier, accountId),
    // Looked at when it is registered; a sign-in must not hang on a file of somebody else's.
    sectorIdentifierUriValidate: () => false,
  };
}
