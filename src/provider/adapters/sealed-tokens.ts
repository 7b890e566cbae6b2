/**
 * Tokens of people are opaque to everybody else and say all about themselves, sealed: their holders alone keep them. Each
 * stands on a grant, which is asked for at every use, so that ending the grant ends them all; and who revokes one of them
 * ends its grant (RFC 7009 §2.1 allows that).
 */
import type Provider from 'oidc-provider';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Secrets } from '../../secrets';
import { PREFIXES } from './kinds';

type SealedKind = 'AccessToken' | 'RefreshToken';

const CONTEXT: Record<SealedKind, string> = { AccessToken: 'access_token', RefreshToken: 'refresh_token' };

interface Assembled {
  value: string;
  /** What is to be stored; nothing of a JWT. */
  payload?: AdapterPayload;
}

/** Gives out opaque tokens that need no place to be kept. They hold no dot, by which APIs tell a JWT. */
export function sealTokens(provider: Provider, secrets: Secrets): void {
  for (const kind of ['AccessToken', 'RefreshToken'] as const) {
    const { prototype } = provider[kind];
    // Inherited by one of them, so looked up where it is.
    const assemble = Reflect.get(prototype, 'getValueAndPayload') as (this: object) => Promise<Assembled>;
    Object.defineProperty(prototype, 'getValueAndPayload', {
      async value(this: object): Promise<Assembled> {
        const { value, payload } = await assemble.call(this);
        if (payload === undefined) return { value };
        const sealed = secrets.sealBytes(Buffer.from(JSON.stringify(payload)), CONTEXT[kind]);
        return { value: PREFIXES[kind] + sealed.toString('base64url') };
      },
    });
  }
}

/** What `sealTokens` put into a token; undefined when it is none of ours, altered, or its key is not in SECRET_KEY any more. */
export function openToken(secrets: Secrets, kind: SealedKind, value: string): AdapterPayload | undefined {
  try {
    const sealed = Buffer.from(value.slice(PREFIXES[kind].length), 'base64url');
    return JSON.parse(secrets.openBytes(sealed, CONTEXT[kind]).toString()) as AdapterPayload;
  } catch {
    return undefined;
  }
}

export function accessTokenArtifacts(secrets: Secrets): Adapter {
  const ended = () => Promise.resolve();
  return {
    find: (value) => Promise.resolve(openToken(secrets, 'AccessToken', value)),
    upsert: () => Promise.reject(new Error('access tokens are kept nowhere')),
    consume: ended,
    destroy: ended,
    revokeByGrantId: ended,
    findByUid: () => Promise.resolve(undefined),
    findByUserCode: () => Promise.resolve(undefined),
  };
}
