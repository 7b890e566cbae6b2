/** OpenID Connect Dynamic Client Registration, Dynamic OP: relying parties that register themselves, and keys that change. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { waive, type Module, type Trial } from '../module';
import type { Party } from '../place';
import { readKeys, readMetadata } from '../relying-party/metadata';
import {
  ask,
  authorizationPath,
  authorize,
  expectError,
  pathFor,
  shown,
  visit,
} from '../relying-party/request';
import { makeKeyPair, requestObject } from '../relying-party/signing';
import { askToken, askUserinfo, redeem, refreshForm, signIn } from '../relying-party/tokens';
import { askRegistration, expectNotRegistered, REDIRECT, register, registerWithKey } from './registered';

async function idTokenRs256(trial: Trial): Promise<void> {
  const { id } = await signIn(trial, {}, await register(trial, { id_token_signed_response_alg: 'RS256' }));
  assert.equal(decodeProtectedHeader(id).alg, 'RS256');
}

async function userinfoRs256(trial: Trial): Promise<void> {
  const party = await register(trial, { userinfo_signed_response_alg: 'RS256' });
  const back = await authorize(trial, ask(trial, {}, party));
  const tokens = await redeem(trial, back, back.code);
  const answer = await askUserinfo(trial, tokens);
  assert.equal(answer.status, 200, `userinfo answers: ${answer.body}`);
  assert.match(String(answer.headers['content-type']), /^application\/jwt\b/, 'as a JWT');
  const keys = createLocalJWKSet({ keys: await readKeys(trial.place, trial.metadata) });
  const { payload, protectedHeader } = await jwtVerify(answer.body, keys, {
    issuer: trial.place.issuer,
    audience: party.id,
  });
  assert.equal(protectedHeader.alg, 'RS256');
  assert.equal(payload.sub, tokens.claims.sub, 'the same person');
}

async function redirectUriNeeded(trial: Trial): Promise<void> {
  const party = await register(trial, { redirect_uris: [REDIRECT, `${REDIRECT}2`] });
  await noRedirect(trial, party, undefined);
}

async function noRedirect(trial: Trial, party: Party, uri: string | undefined): Promise<void> {
  const { parameters } = ask(trial, { redirect_uri: uri }, party);
  const view = await visit(trial, authorizationPath(trial, parameters));
  assert.equal(view.kind, 'error', `no redirect: ${shown(view)}`);
}

async function queryOk(trial: Trial): Promise<void> {
  const uri = `${REDIRECT}?foo=bar`;
  const party = await register(trial, { redirect_uris: [uri] });
  await signIn({ ...trial, first: party }, {}, party);
}

async function queryMismatch(trial: Trial): Promise<void> {
  const party = await register(trial, { redirect_uris: [`${REDIRECT}?foo=bar`] });
  await noRedirect(trial, party, `${REDIRECT}?bar=foo`);
}

async function queryAdded(trial: Trial): Promise<void> {
  await noRedirect(trial, await register(trial), `${REDIRECT}?foo=bar`);
}

async function fragment(trial: Trial): Promise<void> {
  const answer = await askRegistration(trial, { redirect_uris: [`${REDIRECT}#foo`] });
  expectNotRegistered(answer, ['invalid_redirect_uri', 'invalid_client_metadata']);
}

/** What is registered about the relying party can be seen where people sign in. */
function shownToPeople(name: string, member: string, uri: string): Module {
  return {
    name,
    run: async (trial) => {
      const party = await register(trial, { [member]: uri, client_uri: 'https://rp.conformance.example/' });
      const view = await visit(trial, await pathFor(trial, ask(trial, {}, party)));
      assert.equal(view.kind, 'sign-in', 'the sign-in page is shown');
      const { body } = (view as { answer: { body: string } }).answer;
      if (member === 'logo_uri' && !body.includes(uri))
        waive(
          'pages load nothing from other hosts; the operator gives the picture with `clients update --logo`',
        );
      assert.ok(body.includes(uri), `the page links ${uri}`);
    },
  };
}

/** An https address where the server finds what the pack puts there. */
function publish(trial: Trial, document: () => unknown): string {
  const { publish: put } = trial.place;
  if (!put) waive('nothing can be published where this server would fetch it');
  return put(document);
}

async function jwksUri(trial: Trial): Promise<void> {
  const pair = await makeKeyPair();
  const uri = publish(trial, () => ({ keys: [pair.public] }));
  const party = await register(trial, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: uri });
  await signIn(trial, {}, { ...party, keys: { ES256: pair.private } });
}

async function keyRotationOfTheParty(trial: Trial): Promise<void> {
  const [before, after] = [await makeKeyPair(), await makeKeyPair()];
  let published = before;
  const uri = publish(trial, () => ({ keys: [published.public] }));
  const party = await register(trial, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: uri });
  const tokens = await signIn(trial, {}, { ...party, keys: { ES256: before.private } });
  published = after;
  // Keys are kept for a minute.
  await sleep(61_000);
  const form = refreshForm(tokens.refresh);
  const { answer } = await askToken(trial, form, { party: { ...party, keys: { ES256: after.private } } });
  assert.equal(answer.status, 200, `refreshed with the new key: ${answer.body}`);
}

async function sectorUri(trial: Trial): Promise<void> {
  const uri = publish(trial, () => [REDIRECT]);
  const party = await register(trial, { subject_type: 'pairwise', sector_identifier_uri: uri });
  const { claims } = await signIn(trial, {}, party);
  const known = await signIn(trial, {}, trial.first);
  assert.notEqual(claims.sub, known.claims.sub, 'a pairwise subject is another than the public one');
}

async function sectorBad(trial: Trial): Promise<void> {
  const uri = publish(trial, () => ['https://rp.example.org/another']);
  const answer = await askRegistration(trial, { subject_type: 'pairwise', sector_identifier_uri: uri });
  expectNotRegistered(answer, ['invalid_client_metadata', 'invalid_redirect_uri']);
}

async function assertionForIssuer(trial: Trial): Promise<void> {
  await signIn(trial, {}, await registerWithKey(trial));
}

async function requestUriSigned(trial: Trial): Promise<void> {
  assert.equal(
    trial.metadata.request_uri_parameter_supported,
    false,
    'the metadata do not offer request_uri',
  );
  const { keyed } = trial.place.parties;
  const asked = ask(trial, {}, keyed);
  await requestObject(keyed, trial.place.issuer, asked.parameters, {}, { alg: 'RS256' });
  asked.parameters.request_uri = 'https://rp.conformance.example/request.jwt';
  const view = await visit(trial, authorizationPath(trial, asked.parameters));
  await expectError(trial, asked, view, ['request_uri_not_supported']);
  waive('requests at other addresses are not fetched (SSRF); they are pushed instead (RFC 9126)');
}

async function rotateKeys(trial: Trial): Promise<void> {
  const { operator, place } = { operator: trial.place.operator, place: trial.place };
  if (!operator) waive('rotating keys is the operator’s');
  const kids = async () => (await readKeys(place, await readMetadata(place))).map(({ kid }) => kid ?? '');
  const before = await kids();
  const { id } = await signIn(trial);
  await operator.rotateKeys();
  const after = await kids();
  assert.ok(
    after.some((kid) => !before.includes(kid)),
    'a new key is published',
  );
  const { kid = '' } = decodeProtectedHeader(id);
  assert.ok(after.includes(kid), 'the key that signed before is still there');
  await signIn(trial, { prompt: 'login' });
}

export const dynamicModules: readonly Module[] = [
  { name: 'idtoken-rs256', run: idTokenRs256 },
  { name: 'userinfo-rs256', run: userinfoRs256 },
  { name: 'ensure-redirect-uri-in-authorization-request', run: redirectUriNeeded },
  { name: 'redirect-uri-query-OK', run: queryOk },
  { name: 'redirect-uri-query-mismatch', run: queryMismatch },
  { name: 'redirect-uri-query-added', run: queryAdded },
  { name: 'redirect-uri-regfrag', run: fragment },
  shownToPeople('registration-logo-uri', 'logo_uri', 'https://rp.conformance.example/logo.png'),
  shownToPeople('registration-policy-uri', 'policy_uri', 'https://rp.conformance.example/policy'),
  shownToPeople('registration-tos-uri', 'tos_uri', 'https://rp.conformance.example/terms'),
  { name: 'registration-jwks-uri', run: jwksUri },
  { name: 'registration-sector-uri', run: sectorUri },
  { name: 'registration-sector-bad', run: sectorBad },
  { name: 'refresh-token-rp-key-rotation', waits: 62, run: keyRotationOfTheParty },
  { name: 'client-assertion-issuer-as-audience', run: assertionForIssuer },
  { name: 'request-uri-signed-rs256', run: requestUriSigned },
  { name: 'server-rotate-keys', alone: true, run: rotateKeys },
];
