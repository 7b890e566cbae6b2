/**
 * The kind of a token stands in its first characters, so that one presented without its kind (introspection,
 * revocation) is looked for in one place instead of three. A token from before they had one is looked for everywhere.
 */
import type Provider from 'oidc-provider';
import type { Adapter } from 'oidc-provider';

export const PREFIXES = { AccessToken: 'at_', ClientCredentials: 'cc_', RefreshToken: 'rt_' } as const;

const prefixOf = (kind: string): string | undefined => (PREFIXES as Record<string, string | undefined>)[kind];

/** Begins each new token with its kind. */
export function nameKinds({ AccessToken, ClientCredentials, RefreshToken }: Provider): void {
  for (const { prototype, name } of [AccessToken, ClientCredentials, RefreshToken]) {
    const prefix = prefixOf(name) ?? '';
    // Inherited by one of them, so looked up where it is.
    const generate = Reflect.get(prototype, 'generateTokenId') as (this: object) => string;
    Object.defineProperty(prototype, 'generateTokenId', {
      value(this: object) {
        return prefix + generate.call(this);
      },
    });
  }
}

/** The adapter of a model, which asks no store for tokens of another kind. */
export function ofOwnKind(model: string, adapter: Adapter): Adapter {
  const own = prefixOf(model);
  if (own === undefined) return adapter;
  const others = Object.values(PREFIXES).filter((prefix) => prefix !== own);
  return {
    ...adapter,
    find: async (id) => (others.some((prefix) => id.startsWith(prefix)) ? undefined : adapter.find(id)),
  };
}
