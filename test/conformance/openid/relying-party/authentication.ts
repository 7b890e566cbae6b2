/** How a relying party proves who it is. */
import type { Trial } from '../module';
import type { Party } from '../place';
import { assertion, ASSERTION_TYPE } from './signing';

export interface Authentication {
  headers: Record<string, string>;
  form: Record<string, string>;
}

/** @param jwt another client assertion than the right one */
export async function authentication(trial: Trial, party: Party, jwt?: string): Promise<Authentication> {
  const { id, method, secret = '' } = party;
  switch (method) {
    case 'client_secret_basic': {
      const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
      return { headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }, form: {} };
    }
    case 'client_secret_post':
      return { headers: {}, form: { client_id: id, client_secret: secret } };
    case 'private_key_jwt':
      return {
        headers: {},
        form: {
          client_id: id,
          client_assertion_type: ASSERTION_TYPE,
          client_assertion: jwt ?? (await assertion(party, trial.place.issuer)),
        },
      };
  }
}
