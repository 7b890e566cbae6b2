/** What the server says of itself, read anew whenever it is asked for. */
import assert from 'node:assert/strict';
import type { JWK } from 'jose';
import { newcomer, type Place } from '../place';

export interface Metadata {
  [name: string]: unknown;
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  userinfo_endpoint: string;
  jwks_uri: string;
}

/** Fetches JSON as software does. */
export async function fetchJson(place: Place, url: string): Promise<Record<string, unknown>> {
  const answer = await newcomer(place).get(pathOf(url), { headers: { accept: 'application/json' } });
  assert.equal(answer.status, 200, `${url} answers ${answer.status}`);
  assert.match(String(answer.headers['content-type']), /^application\/(jwk-set\+)?json\b/, `${url} is JSON`);
  return JSON.parse(answer.body) as Record<string, unknown>;
}

/** Path and query of an address of the server. */
export function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

export async function readMetadata(place: Place): Promise<Metadata> {
  return (await fetchJson(place, `${place.issuer}/.well-known/openid-configuration`)) as Metadata;
}

export async function readKeys(place: Place, { jwks_uri: uri }: Metadata): Promise<JWK[]> {
  return ((await fetchJson(place, uri)) as { keys: JWK[] }).keys;
}

/** An endpoint of the metadata. @throws AssertionError when the server has none of this name */
export function endpoint(metadata: Metadata, name: string): string {
  const url = metadata[`${name}_endpoint`];
  assert.equal(typeof url, 'string', `the metadata has a ${name}_endpoint`);
  return pathOf(String(url));
}

/** A list of the metadata; empty when it is not there. */
export function listOf(metadata: Metadata, name: string): string[] {
  const value = metadata[name];
  return Array.isArray(value) ? value.map(String) : [];
}
