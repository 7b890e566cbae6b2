/** The server under test and what was prepared there: a person, and relying parties of each kind. */
import type { JWK } from 'jose';
import { createAgent, type Agent, type Location } from '../../support/agent';

/** A registered relying party with what only it knows. */
export interface Party {
  id: string;
  method: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';
  secret?: string;
  /** Private keys by algorithm; their public parts are registered. */
  keys: Partial<Record<'ES256' | 'RS256', JWK>>;
  redirectUri: string;
  /** Does not send PKCE, as the Basic programme does not. */
  withoutPkce?: boolean;
  /** FAPI 2.0: pushes its requests and has its tokens bound by DPoP. */
  fapi?: boolean;
  /** FAPI 2.0 Message Signing: signs its requests and asks for signed answers. */
  signs?: boolean;
}

export interface Parties {
  /** PKCE demanded. */
  strict: Party;
  strictPost: Party;
  /** Exempt from PKCE. */
  legacy: Party;
  legacyPost: Party;
  /** Anybody else. */
  other: Party;
  /** private_key_jwt, with keys for request objects. */
  keyed: Party;
  /** Told of sign-outs at `Place.logoutTokens`. */
  told: Party;
  fapi: Party;
  fapiOther: Party;
  signing: Party;
}

/** What only those who run the server can do; absent where the pack is pointed at a server of others. */
export interface Operator {
  rotateKeys(): Promise<void>;
  /** A token that lets one register relying parties. */
  registrationToken(): Promise<string>;
}

export interface Place {
  issuer: string;
  /** Where it listens, when not at its issuer. */
  at?: Location;
  /** `captcha` answers every picture of that server; absent where it shows none. */
  person: { email: string; password: string; captcha?: string };
  parties: Parties;
  /** A registered address to return to after a sign-out, of every party. */
  afterLogout: string;
  /** Logout tokens that came to `parties.told`, oldest first. */
  logoutTokens?: () => readonly string[];
  operator?: Operator;
  /** Puts a JSON document at an https address that the server can fetch, made anew at each look; its address. */
  publish?: (document: () => unknown) => string;
}

/** A browser, or any other caller that keeps its cookies to itself. */
export function newcomer({ issuer, at }: Place): Agent {
  return createAgent(issuer, at);
}
