/**
 * Requests that cannot go on. Bad input is never an error here: it is a value that the page shows beside
 * the field. Anything thrown that is not a `Refusal` is a fault of ours and becomes a 500.
 */

/** The closed list of reasons, each with its HTTP status. A person reads `refusal.<code>` of views/texts. */
export const REFUSALS = {
  bad_request: 400,
  body_too_large: 413,
  forged_form: 403,
  interaction_expired: 410,
  misdirected: 421,
  not_found: 404,
  overloaded: 503,
  store_unavailable: 503,
  too_many_attempts: 429,
} as const;

export type RefusalCode = keyof typeof REFUSALS;

export class Refusal extends Error {
  readonly status: number;
  /** The same under the name that oidc-provider reads, so that its endpoints answer with it too. */
  readonly statusCode: number;

  /** @param retryAfter seconds after which the same request may succeed (RFC 9110 §10.2.3). */
  constructor(
    readonly code: RefusalCode,
    readonly retryAfter?: number,
    options?: ErrorOptions,
  ) {
    super(code, options);
    this.name = 'Refusal';
    this.status = REFUSALS[code];
    this.statusCode = this.status;
  }
}

/** Faults of one form: field name → code of the text that stands beside it. Empty means sound. */
export type Problems = Record<string, string>;
