/** A running server as a relying party and a browser see it: the same for every subject. */

export interface Target {
  /** `http://localhost:<port>`; the server listens on loopback. */
  issuer: string;
  port: number;
  client: { id: string; secret: string; redirectUri: string };
  person: { identifier: string; password: string };
}

/** Value of the Host header. */
export const hostOf = ({ issuer }: Target): string => new URL(issuer).host;

export const CLIENT_ID = 'bench-cabinet';
export const REDIRECT_URI = 'https://cabinet.example/callback';
export const SCOPE = 'openid profile email';

/** APIs of the relying party whose access tokens are JWTs (RFC 9068), by the algorithm that signs them. */
export const APIS = {
  ES256: 'https://es256.api.example/',
  EdDSA: 'https://eddsa.api.example/',
  RS256: 'https://rs256.api.example/',
} as const;

export type TokenAlgorithm = keyof typeof APIS;
