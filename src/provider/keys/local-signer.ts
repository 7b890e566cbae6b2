/**
 * Keys of elliptic curves sign on the thread that asks: such a signature takes less time than handing it to another
 * thread and being woken up with the answer, which is what oidc-provider does with a key it is given as JWK. An RSA
 * signature takes ten times as long and is left to the other threads.
 */
import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import { ExternalSigningKey } from 'oidc-provider';

/** What oidc-provider signs with, and publishes the public part of. */
export type Signer = JWK | ExternalSigningKey;

/** The key as it signs soonest. */
export function signerOf(key: JWK): Signer {
  return key.alg === 'ES256' || key.alg === 'EdDSA' ? new LocalSigner(key) : key;
}

class LocalSigner extends ExternalSigningKey {
  readonly #jwk: JWK;
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #digest: 'sha256' | null;

  constructor(jwk: JWK) {
    super();
    this.#jwk = jwk;
    this.#privateKey = createPrivateKey({ key: { ...jwk }, format: 'jwk' });
    this.#publicKey = createPublicKey(this.#privateKey);
    this.#digest = jwk.alg === 'ES256' ? 'sha256' : null;
  }

  override get kid(): string | undefined {
    return this.#jwk.kid;
  }

  override get alg(): string | undefined {
    return this.#jwk.alg;
  }

  override keyObject(): KeyObject {
    return this.#publicKey;
  }

  /** The signature as JWS wants it: R and S side by side (RFC 7518 §3.4), or that of RFC 8032. */
  override sign(data: Uint8Array): Uint8Array {
    return sign(this.#digest, data, { key: this.#privateKey, dsaEncoding: 'ieee-p1363' });
  }
}
