/** E-mail addresses as identifiers: one spelling that is compared, one that is shown and written to. */
import { domainToASCII } from 'node:url';

const LOCAL = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const DOMAIN = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;

export interface EmailAddress {
  /** For showing and sending. */
  value: string;
  /** For comparing: NFKC, lower case, domain in ASCII. */
  canonical: string;
}

/**
 * Reads an address the way people type it (spaces around, capitals). Quoted local parts, comments and addresses
 * without a domain are refused: mail software disagrees about them (nodemailer GHSA-mm7p-fcc7-pg87).
 */
export function parseEmail(input: string): EmailAddress | undefined {
  const trimmed = input.trim();
  if (trimmed.length > 254) return undefined;
  const at = trimmed.lastIndexOf('@');
  const local = trimmed.slice(0, at).normalize('NFKC');
  const domain = domainToASCII(trimmed.slice(at + 1)).toLowerCase();
  if (at < 1 || local.length > 64 || !LOCAL.test(local) || !DOMAIN.test(domain)) return undefined;
  return { value: `${local}@${domain}`, canonical: `${local.toLowerCase()}@${domain}` };
}

/** `i•••@example.com`: enough for the owner, little for anyone else. */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@');
  return `${[...address][0] ?? ''}•••${address.slice(at)}`;
}
