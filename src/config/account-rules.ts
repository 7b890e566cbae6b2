/** The settings of what new accounts may have: passwords, e-mails and phones. What stands already stays. */
import { countryList, hashListFile, mailDomainList, wholeNumber, yesOrNo } from './readers';
import { optional, required } from './setting';

export const ACCOUNT_RULE_SETTINGS = {
  passwordMinLength: required({
    name: 'PASSWORD_MIN_LENGTH',
    // Longer ones are written down; so far the sentences of the pages hold for every number.
    read: wholeNumber(8, 20),
    default: '8',
    meaning: 'characters of a new password at least, 8 to 20; NIST SP 800-63B-4 advises 15',
  }),
  passwordBreachedFile: optional({
    name: 'PASSWORD_BREACHED_FILE',
    read: hashListFile,
    meaning:
      'file of SHA-1 hashes of breached passwords in ascending order, <hash>:<count> a line; new passwords that stand there are refused; absent: none',
  }),
  mailDomains: optional({
    name: 'MAIL_DOMAINS',
    read: mailDomainList,
    meaning:
      'domains of the e-mails that people may register with or change to, such as example.com,*.ru; absent: every domain',
  }),
  phoneCountries: optional({
    name: 'PHONE_COUNTRIES',
    read: countryList,
    meaning: 'countries of the phones that people may give, such as RU,KZ,BY; absent: every country',
  }),
  phoneLandlines: required({
    name: 'PHONE_LANDLINES',
    read: yesOrNo,
    default: 'no',
    meaning:
      'yes: registration takes landlines, too, where people do not sign in with the phone; no code reaches them, so they stay unproved',
  }),
};
