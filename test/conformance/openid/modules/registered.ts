/** Registering a relying party at the server (OpenID Connect Dynamic Client Registration 1.0), for one module. */
import assert from 'node:assert/strict';
import type { Answer } from '../../../support/agent';
import { waive, type Trial } from '../module';
import { newcomer, type Party } from '../place';
import { checkUnguessable } from '../relying-party/checks';
import { endpoint } from '../relying-party/metadata';
import { makeKeyPair } from '../relying-party/signing';

export const REDIRECT = 'https://rp.conformance.example/callback';

/** Asks for a registration, with a token that the operator gave. */
export async function askRegistration(trial: Trial, metadata: Record<string, unknown>): Promise<Answer> {
  assert.ok(trial.metadata.registration_endpoint, 'the metadata have a registration_endpoint');
  const { operator } = trial.place;
  if (!operator) waive('registering needs a token of the operator');
  const token = await operator.registrationToken();
  const body = JSON.stringify({ redirect_uris: [REDIRECT], client_name: 'Conformance', ...metadata });
  return newcomer(trial.place).send('POST', endpoint(trial.metadata, 'registration'), body, {
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
    },
  });
}

/** A relying party of one's own, registered with the least there is (Registration §3.2.1). */
export async function register(trial: Trial, metadata: Record<string, unknown> = {}): Promise<Party> {
  const answer = await askRegistration(trial, metadata);
  assert.equal(answer.status, 201, `registered: ${answer.body}`);
  assert.match(String(answer.headers['cache-control']), /no-store/, 'the answer is not to be stored');
  const made = JSON.parse(answer.body) as Record<string, unknown>;
  assert.equal(typeof made.client_id, 'string', 'there is a client_id');
  const uris = made.redirect_uris as string[];
  const method = (made.token_endpoint_auth_method ?? 'client_secret_basic') as Party['method'];
  if (method !== 'private_key_jwt') checkUnguessable('client_secret', made.client_secret);
  return {
    id: String(made.client_id),
    method,
    secret: typeof made.client_secret === 'string' ? made.client_secret : undefined,
    keys: {},
    redirectUri: uris[0] ?? '',
  };
}

/** Registered with a key of its own; `publicJwk` is what the server knows of it. */
export async function registerWithKey(trial: Trial, metadata: Record<string, unknown> = {}): Promise<Party> {
  const pair = await makeKeyPair();
  const party = await register(trial, {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [pair.public] },
    ...metadata,
  });
  return { ...party, keys: { ES256: pair.private } };
}

/** The registration is refused in order (Registration §3.3). */
export function expectNotRegistered(answer: Answer, errors: readonly string[]): void {
  assert.equal(answer.status, 400, `refused, not ${answer.status}: ${answer.body}`);
  const { error } = JSON.parse(answer.body) as { error: string };
  assert.ok(errors.includes(error), `error is one of ${errors.join(', ')}, not ${error}`);
}
