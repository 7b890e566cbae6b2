/**
 * Access tokens of people are opaque to everybody else and say all about themselves, sealed: no store is asked for them
 * and none holds them. Each stands on a grant, which is asked for at every use, so that ending the grant ends them all;
 * and who revokes one of them ends its grant (RFC 7009 §2.1 allows that).
 */
import type Provider from 'oidc-provider';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Secrets } from '../../secrets';
import { ACCESS_TOKEN_PREFIX } from './kinds';

const CONTEXT = 'access_token';

// APIs tell a JWT by its dots; a tilde may stand in a bearer token, too (RFC 6750 §2.1), and is nothing of base64url.
const withoutDot = (sealed: string): string => sealed.replace('.', '~');
const withDot = (value: string): string => value.replace('~', '.');

interface Assembled {
  value: string;
  /** What is to be stored; nothing of a JWT. */
  payload?: AdapterPayload;
}

/** Gives out opaque access tokens that need no place to be kept. */
export function sealAccessTokens({ AccessToken }: Provider, secrets: Secrets): void {
  const { prototype } = AccessToken;
  const assemble = Reflect.get(prototype, 'getValueAndPayload') as (this: object) => Promise<Assembled>;
  Object.defineProperty(prototype, 'getValueAndPayload', {
    async value(this: object): Promise<Assembled> {
      const { value, payload } = await assemble.call(this);
      if (payload === undefined) return { value };
      return { value: ACCESS_TOKEN_PREFIX + withoutDot(secrets.seal(JSON.stringify(payload), CONTEXT)) };
    },
  });
}

/** Reads what `sealAccessTokens` made. */
export function accessTokenArtifacts(secrets: Secrets): Adapter {
  const ended = () => Promise.resolve();
  return {
    find(value) {
      try {
        const sealed = withDot(value.slice(ACCESS_TOKEN_PREFIX.length));
        return Promise.resolve(JSON.parse(secrets.open(sealed, CONTEXT)) as AdapterPayload);
      } catch {
        // None of ours, altered, or sealed under a key that was taken out of SECRET_KEY.
        return Promise.resolve(undefined);
      }
    },
    upsert: () => Promise.reject(new Error('access tokens are kept nowhere')),
    consume: ended,
    destroy: ended,
    revokeByGrantId: ended,
    findByUid: () => Promise.resolve(undefined),
    findByUserCode: () => Promise.resolve(undefined),
  };
}
