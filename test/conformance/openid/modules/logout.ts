/** OpenID Connect RP-Initiated Logout 1.0 and Back-Channel Logout 1.0. */
import assert from 'node:assert/strict';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { until } from '../../../support/processes';
import { waive, type Module, type Trial } from '../module';
import { listOf, readKeys } from '../relying-party/metadata';
import { shown, type View } from '../relying-party/request';
import { makeKeyPair, sign, unique, unsigned } from '../relying-party/signing';
import { isSignedIn, signOut } from '../relying-party/sign-out';
import { signIn } from '../relying-party/tokens';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

function atOurPage(view: View): void {
  assert.ok(view.kind !== 'back', `no redirect back: ${shown(view)}`);
}

function backAt(trial: Trial, view: View, state?: string): void {
  assert.ok(view.kind === 'back', `the person is led back, not: ${shown(view)}`);
  assert.equal(view.url.origin + view.url.pathname, trial.place.afterLogout, 'to the registered address');
  assert.equal(view.url.searchParams.get('state'), state ?? null, 'state is the one that was sent');
}

function rpDiscovery({ metadata }: Trial): Promise<void> {
  assert.match(String(metadata.end_session_endpoint), /^https:/, 'there is an end_session_endpoint');
  return Promise.resolve();
}

async function logout(trial: Trial): Promise<void> {
  const { id } = await signIn(trial);
  const state = unique();
  const to = trial.place.afterLogout;
  const parameters = { id_token_hint: id, post_logout_redirect_uri: to, state };
  backAt(trial, await signOut(trial, parameters), state);
  assert.equal(await isSignedIn(trial), false, 'prompt=none finds nobody');
}

async function noState(trial: Trial): Promise<void> {
  const { id } = await signIn(trial);
  const to = trial.place.afterLogout;
  backAt(trial, await signOut(trial, { id_token_hint: id, post_logout_redirect_uri: to }));
  assert.equal(await isSignedIn(trial), false, 'prompt=none finds nobody');
}

type Parameters = Record<string, string>;

/** What these parameters ask for is not done: the person stays at our pages. */
function staysHere(
  name: string,
  parametersOf: (trial: Trial, idToken: string) => Parameters | Promise<Parameters>,
): Module {
  return {
    name,
    run: async (trial) => {
      const { id } = await signIn(trial);
      atOurPage(await signOut(trial, await parametersOf(trial, id)));
    },
  };
}

/** Without an address to return to there is a page that says so, and nobody is signed in. */
function endsHere(name: string, parametersOf: (trial: Trial, idToken: string) => Parameters): Module {
  return {
    name,
    run: async (trial) => {
      const { id } = await signIn(trial);
      const view = await signOut(trial, parametersOf(trial, id));
      assert.equal(view.kind, 'page', `a page says that it is done, not: ${shown(view)}`);
      assert.equal(await isSignedIn(trial), false, 'prompt=none finds nobody');
    },
  };
}

const after = ({ place }: Trial) => ({ post_logout_redirect_uri: place.afterLogout });

async function foreignHint({ first }: Trial, idToken: string): Promise<string> {
  const { private: key } = await makeKeyPair('RS256');
  return sign({ id: first.id, keys: { RS256: key } }, decodeJwt(idToken), { alg: 'RS256' });
}

export const rpLogoutModules: readonly Module[] = [
  { name: 'discovery-endpoint-verification', run: rpDiscovery },
  { name: 'rp-initiated-logout', run: logout },
  { name: 'rp-initiated-logout-no-state', run: noState },
  staysHere('rp-initiated-logout-bad-post-logout-redirect-uri', ({ place }, id) => ({
    id_token_hint: id,
    post_logout_redirect_uri: `${place.afterLogout}other`,
  })),
  staysHere('rp-initiated-logout-query-added-to-post-logout-redirect-uri', ({ place }, id) => ({
    id_token_hint: id,
    post_logout_redirect_uri: `${place.afterLogout}?foo=bar`,
  })),
  staysHere('rp-initiated-logout-modified-id-token-hint', (trial, id) => ({
    id_token_hint: unsigned({ ...decodeJwt(id) }),
    ...after(trial),
  })),
  staysHere('rp-initiated-logout-bad-id-token-hint', async (trial, id) => ({
    id_token_hint: await foreignHint(trial, id),
    ...after(trial),
  })),
  staysHere('rp-initiated-logout-no-id-token-hint', after),
  endsHere('rp-initiated-logout-no-params', () => ({})),
  endsHere('rp-initiated-logout-no-post-logout-redirect-uri', (_trial, id) => ({
    id_token_hint: id,
    state: 'x',
  })),
  endsHere('rp-initiated-logout-only-state', () => ({ state: 'x' })),
];

function backDiscovery({ metadata }: Trial): Promise<void> {
  assert.equal(metadata.backchannel_logout_supported, true, 'back-channel logout is offered');
  assert.equal(metadata.backchannel_logout_session_supported, true, 'with the session');
  return Promise.resolve();
}

async function backChannel(trial: Trial): Promise<void> {
  const { logoutTokens } = trial.place;
  if (!logoutTokens) waive('nobody listens for logout tokens of this server');
  const { told } = trial.place.parties;
  const { id, claims } = await signIn({ ...trial, first: told }, {}, told);
  const own = (): string | undefined =>
    logoutTokens().find(
      (token) =>
        decodeJwt(token).sid === claims.sid ||
        (decodeJwt(token).sub === claims.sub && claims.sid === undefined),
    );
  backAt(trial, await signOut(trial, { id_token_hint: id, ...after(trial) }));
  assert.equal(await isSignedIn(trial), false, 'prompt=none finds nobody');
  await until('a logout token', () => own() !== undefined, 30);
  await checkLogoutToken(trial, own() ?? '', claims);
}

/** Back-Channel Logout §2.4 and §2.6. */
async function checkLogoutToken(
  trial: Trial,
  token: string,
  claims: { sub: string; sid?: string },
): Promise<void> {
  const keys = createLocalJWKSet({ keys: await readKeys(trial.place, trial.metadata) });
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    issuer: trial.place.issuer,
    audience: trial.place.parties.told.id,
    requiredClaims: ['iat', 'jti', 'events'],
  });
  assert.ok(
    listOf(trial.metadata, 'id_token_signing_alg_values_supported').includes(protectedHeader.alg),
    'alg',
  );
  assert.ok(Math.abs(Number(payload.iat) - Date.now() / 1000) < 300, 'iat of the logout token is now');
  assert.deepEqual(payload.events, { [EVENT]: {} }, 'events has one empty member');
  assert.equal(payload.nonce, undefined, 'no nonce');
  assert.ok(payload.sub !== undefined || payload.sid !== undefined, 'sub or sid is there');
  if (payload.sub !== undefined) assert.equal(payload.sub, claims.sub, 'sub is that of the ID token');
  if (payload.sid !== undefined) assert.equal(payload.sid, claims.sid, 'sid is that of the ID token');
  if (protectedHeader.typ !== 'logout+jwt') trial.warn('typ of the logout token is not logout+jwt');
}

export const backChannelModules: readonly Module[] = [
  { name: 'backchannel-discovery-endpoint-verification', run: backDiscovery },
  { name: 'backchannel-rp-initiated-logout', run: backChannel },
];
