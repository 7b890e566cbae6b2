/** Which e-mails and phones new accounts may have here. What stands already stays, and signs in as before. */
import type { EmailAddress } from '../email-address';
import type { PhoneCountry, PhoneNumber } from '../phone-number';

export interface IdentifierRules {
  /** Countries of phones, in two letters (ISO 3166); absent: every country. */
  phoneCountries?: readonly string[];
  /** Whether landlines are taken, too. No code reaches them, so they stay unproved. */
  phoneLandlines: boolean;
  /** Domains of e-mails in ASCII; `*.ru` is everything below `ru`. Absent: every domain. */
  mailDomains?: readonly string[];
}

export const USUAL_RULES: IdentifierRules = { phoneLandlines: false };

export function refusesPhone(
  { phoneCountries, phoneLandlines }: IdentifierRules,
  { country, type }: PhoneNumber,
): 'phone_landline' | 'phone_country' | undefined {
  if (phoneCountries && !phoneCountries.includes(country)) return 'phone_country';
  return type === 'landline' && !phoneLandlines ? 'phone_landline' : undefined;
}

export function refusesEmail(
  { mailDomains }: IdentifierRules,
  { canonical }: EmailAddress,
): 'email_domain' | undefined {
  const domain = canonical.slice(canonical.lastIndexOf('@') + 1);
  const fits = (allowed: string): boolean =>
    allowed.startsWith('*.') ? domain.endsWith(allowed.slice(1)) : domain === allowed;
  return mailDomains && !mailDomains.some(fits) ? 'email_domain' : undefined;
}

/** Whether the phones of a list on a page may be chosen: those of the rules. */
export function takesCountry({ phoneCountries }: IdentifierRules, country: PhoneCountry): boolean {
  return !phoneCountries || phoneCountries.includes(country);
}
