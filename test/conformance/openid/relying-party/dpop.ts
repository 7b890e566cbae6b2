/** Sending with a DPoP proof (RFC 9449), the server's nonce included. */
import type { Answer } from '../../../support/agent';
import type { Trial } from '../module';
import { proof, sha256, type Claims, type KeyPair } from './signing';

export interface Bound {
  method: string;
  /** Path on the server. */
  path: string;
  /** Access token that goes along. */
  access?: string;
}

/** `Authorization` of a bound token, or of a bearer token where there is no key. */
export function dpopHeaders(access: string, key: KeyPair | undefined): Record<string, string> {
  return { authorization: `${key ? 'DPoP' : 'Bearer'} ${access}` };
}

/** The right claims of a proof for a request. */
export function proofClaims(trial: Trial, { method, path, access }: Bound, nonce?: string): Claims {
  return {
    htm: method,
    htu: trial.place.issuer + path,
    ...(access === undefined ? {} : { ath: sha256(access) }),
    ...(nonce === undefined ? {} : { nonce }),
  };
}

/** The nonce of an answer that asks for one. */
export function nonceIn(answer: Answer): string | undefined {
  const wanted = /use_dpop_nonce/.test(`${String(answer.headers['www-authenticate'])} ${answer.body}`);
  const nonce = answer.headers['dpop-nonce'];
  return wanted && typeof nonce === 'string' ? nonce : undefined;
}

/** Sends with a proof, and once more with the nonce that is asked for; without a key, just sends. */
export async function sendWithProof(
  trial: Trial,
  key: KeyPair | undefined,
  bound: Bound,
  send: (headers: Record<string, string>) => Promise<Answer>,
): Promise<Answer> {
  if (!key) return send({});
  const first = await send({ dpop: await proof(key, proofClaims(trial, bound)) });
  const nonce = nonceIn(first);
  if (nonce === undefined) return first;
  return send({ dpop: await proof(key, proofClaims(trial, bound, nonce)) });
}
