/**
 * Dynamic registration (RFC 7591) and its management (RFC 7592). Off by default; on, it is for those to whom an operator
 * has given a token. It writes what the CLI writes, so every node knows at once, and keeps tokens and secrets as
 * fingerprints only.
 */
import { randomBytes } from 'node:crypto';
import type Router from 'koa-router';
import type { Client } from '../../clients/client';
import { removeClient, type ClientTools } from '../../clients/register-client';
import { findRegisteredScope, findRegistrationToken } from '../../clients/registration-tokens';
import { registerOneself, replaceOwnRegistration } from '../../clients/self-registration';
import { findClient } from '../../clients/store';
import { sectorFault } from '../../clients/subjects';
import type { Context } from '../../http/context';
import type { Outgoing } from '../../http/outgoing/outgoing';
import { fingerprint, sameText } from '../../secrets';
import { readJson } from './json-body';
import { readSelfRegistration, type RegistrationFault } from './metadata';

export const REGISTRATION_PATH = '/reg';

export interface RegistrationParts extends ClientTools {
  router: Router;
  issuer: string;
  outgoing: Outgoing;
  pairwiseSalt: string | undefined;
}

interface ClientContext extends Context {
  params: { id: string };
}

type Handler = (parts: RegistrationParts, ctx: ClientContext) => Promise<void>;

/** Adds `/reg` and `/reg/:id`. */
export function addRegistration(parts: RegistrationParts): void {
  const { router } = parts;
  const run = (handler: Handler) =>
    ((ctx: ClientContext) => handler(parts, ctx)) as unknown as Router.IMiddleware;
  router.post(REGISTRATION_PATH, run(register));
  router.get(`${REGISTRATION_PATH}/:id`, run(show));
  router.put(`${REGISTRATION_PATH}/:id`, run(replace));
  router.delete(`${REGISTRATION_PATH}/:id`, run(remove));
}

async function register(parts: RegistrationParts, ctx: Context): Promise<void> {
  const given = bearer(ctx);
  const token = given && (await findRegistrationToken(parts.db, given, parts.clock.now()));
  if (!token) return unauthorized(ctx);
  const body = await readJson(ctx);
  if (!body) return badRequest(ctx, 'the request must be a JSON object of at most 64 KiB');
  const id = `dyn-${randomBytes(12).toString('hex')}`;
  const input = await readRegistration(parts, body, { id, ceiling: token.scope });
  if ('error' in input) return refuse(ctx, input);
  const made = await registerOneself(parts, input, token);
  if (!made) return unauthorized(ctx);
  const client = await findClient(parts.db, id);
  if (!client) throw new Error('the registration has gone');
  ctx.status = 201;
  ctx.body = told(parts, client, made);
}

async function show(parts: RegistrationParts, ctx: ClientContext): Promise<void> {
  const found = await ownClient(parts, ctx);
  if (found) ctx.body = told(parts, found.client, { managementToken: found.token });
  else unauthorized(ctx);
}

/** RFC 7592 §2.2 */
const NOT_TO_BE_SAID = [
  ...['registration_access_token', 'registration_client_uri'],
  ...['client_secret_expires_at', 'client_id_issued_at'],
];

async function replace(parts: RegistrationParts, ctx: ClientContext): Promise<void> {
  const found = await ownClient(parts, ctx);
  if (!found) return unauthorized(ctx);
  const body = await readJson(ctx);
  const { client, token } = found;
  if (!body || body.client_id !== client.id) return badRequest(ctx, 'client_id must be that of the address');
  const wrong = NOT_TO_BE_SAID.find((name) => body[name] !== undefined);
  if (wrong) return badRequest(ctx, `${wrong} must not be there`);
  if (body.client_secret !== undefined && !isSecret(client, body.client_secret))
    return badRequest(ctx, 'client_secret is not the one it has');
  const ceiling = await findRegisteredScope(parts.db, client.registrationTokenId);
  const input = await readRegistration(parts, body, { id: client.id, ceiling });
  if ('error' in input) return refuse(ctx, input);
  const changed = await replaceOwnRegistration(parts, client, input);
  if (!changed) return unauthorized(ctx);
  ctx.body = told(parts, changed.client, { managementToken: token, secret: changed.secret });
}

async function remove(parts: RegistrationParts, ctx: ClientContext): Promise<void> {
  const found = await ownClient(parts, ctx);
  if (!found || !(await removeClient(parts, found.client.id, `client:${found.client.id}`)))
    return unauthorized(ctx);
  ctx.status = 204;
}

async function readRegistration(
  { outgoing, pairwiseSalt: salt }: RegistrationParts,
  body: Record<string, unknown>,
  given: { id: string; ceiling: string },
): Promise<ReturnType<typeof readSelfRegistration>> {
  const input = readSelfRegistration(body, given);
  if ('error' in input) return input;
  const unfit = await sectorFault({ salt, fetch: outgoing }, input);
  return unfit === undefined ? input : { error: 'invalid_client_metadata', error_description: unfit };
}

const bearer = (ctx: Context): string | undefined =>
  /^Bearer ([A-Za-z0-9._~+/-]{20,200})$/i.exec(ctx.get('authorization'))?.[1];

/** The relying party of the address, if the token is its own. */
async function ownClient(
  { db }: RegistrationParts,
  ctx: ClientContext,
): Promise<{ client: Client; token: string } | undefined> {
  const token = bearer(ctx);
  const client = token === undefined ? undefined : await findClient(db, ctx.params.id);
  if (token === undefined || !client?.managementHash) return undefined;
  return sameText(client.managementHash, fingerprint(token)) ? { client, token } : undefined;
}

const isSecret = (client: Client, said: unknown): boolean =>
  typeof said === 'string' && sameText(client.secretHash ?? '', fingerprint(said));

/** RFC 7591 §3.2.1; a secret is told when it is made, and never again. */
function told(
  { issuer }: RegistrationParts,
  client: Client,
  { secret, managementToken }: { secret?: string; managementToken: string },
): Record<string, unknown> {
  const { asks_consent: _ours, ...metadata } = client.metadata;
  return {
    ...{ ...metadata, response_types: ['code'], client_name: client.name, client_id: client.id },
    client_id_issued_at: Math.floor(client.createdAt.getTime() / 1000),
    ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
    registration_access_token: managementToken,
    registration_client_uri: `${issuer}${REGISTRATION_PATH}/${client.id}`,
  };
}

function refuse(ctx: Context, fault: RegistrationFault): void {
  ctx.status = 400;
  ctx.body = fault;
}

function badRequest(ctx: Context, error_description: string): void {
  ctx.status = 400;
  ctx.body = { error: 'invalid_request', error_description };
}

/** RFC 6750 §3.1 */
function unauthorized(ctx: Context): void {
  ctx.status = 401;
  ctx.set('WWW-Authenticate', 'Bearer error="invalid_token"');
  ctx.body = { error: 'invalid_token', error_description: 'the token is unknown, used up or revoked' };
}
