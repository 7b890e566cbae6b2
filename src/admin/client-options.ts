/** A relying party as it is typed on the command line, and as it is shown. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  ADMITS,
  COMPANY_CHOICES,
  clientFaults,
  clientId,
  clientInput,
  type Client,
  type ClientInput,
} from '../clients/client';
import { CERTIFICATE_METHODS } from '../clients/protocol';
import { findClient } from '../clients/store';
import { SUBJECT_TYPES } from '../clients/subjects';
import type { Queryable } from '../storage/tables';
import { Failure, type AdminIo } from './admin';
import {
  addProtocolOptions,
  profileDefaults,
  saidOfProtocol,
  type ProtocolOptions,
} from './clients/protocol-options';

/** Options that create and update share; undefined means "not said". */
export interface ClientOptions extends ProtocolOptions {
  name?: string;
  redirectUri?: string[];
  postLogoutRedirectUri?: string[];
  grant?: string[];
  public?: true;
  native?: true;
  alg?: string;
  authMethod?: string;
  scope?: string;
  backchannelLogoutUri?: string;
  clientUri?: string;
  initiateLoginUri?: string;
  legacyUri?: string;
  helpUri?: string;
  policyUri?: string;
  tosUri?: string;
  supportPhone?: string;
  supportEmail?: string;
  signInName?: string[];
  admits?: string;
  companyChoice?: string;
  subjectType?: string;
  sectorIdentifierUri?: string;
  asksConsent?: boolean;
  registrationPath?: string[];
  pkceExempt?: boolean;
  /** False for --no-logo. */
  logo?: string | false;
}

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

export function addClientOptions(leaf: Command): Command {
  return addProtocolOptions(leaf)
    .option(
      '--redirect-uri <uri>',
      'where codes go, exact; https, or http to this machine (repeatable)',
      collect,
    )
    .option(
      '--post-logout-redirect-uri <uri>',
      'where a signed-out person may return to (repeatable)',
      collect,
    )
    .option(
      '--grant <type>',
      'authorization_code, refresh_token, client_credentials, urn:ietf:params:oauth:grant-type:device_code (repeatable)',
      collect,
    )
    .option('--public', 'no secret: an app on the device of a person')
    .option('--native', 'an app with its own scheme or loopback redirect (RFC 8252)')
    .addOption(new Option('--alg <alg>', 'signs its ID tokens').choices(['ES256', 'RS256', 'EdDSA']))
    .addOption(
      new Option('--auth-method <method>', 'how it proves who it is').choices([
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
        ...CERTIFICATE_METHODS,
      ]),
    )
    .option('--scope <scopes>', 'scopes it may ask for, separated by spaces')
    .option('--backchannel-logout-uri <uri>', 'told when a person signs out')
    .addOption(
      new Option('--subject-type <type>', 'the same sub everywhere, or one of its own').choices(
        SUBJECT_TYPES,
      ),
    )
    .option('--sector-identifier-uri <uri>', 'lists the redirect addresses of its sector (pairwise only)')
    .option('--asks-consent', 'a third party: people are asked what it may know of them')
    .option('--no-asks-consent', 'signing in there is consent enough')
    .option('--client-uri <uri>', 'its home page')
    .option('--initiate-login-uri <uri>', 'its page that begins a sign-in')
    .addOption(
      new Option('--admits <whom>', 'who may enter: members only, or also who still waits').choices(ADMITS),
    )
    .addOption(
      new Option(
        '--company-choice <when>',
        'ask whom people act for at each sign-in, or take their default',
      ).choices(COMPANY_CHOICES),
    )
    .option(
      '--registration-path <name>',
      'what a registration from there asks: port-one, kit, …; again for each that people choose from',
      collect,
    )
    .option(
      '--sign-in-name <kind>',
      'by which name people sign in there: email, phone or login; again for each, in their order',
      collect,
    )
    .option('--legacy-uri <uri>', 'the cabinet it replaced, linked from its pages here')
    .option('--help-uri <uri>', 'its help, linked from its pages here instead of HELP_URL')
    .option('--policy-uri <uri>', 'its policy of personal data, linked from its pages here')
    .option('--tos-uri <uri>', 'its rules, linked from its pages here')
    .option('--support-phone <phone>', 'its support phone, instead of SUPPORT_PHONE')
    .option('--support-email <address>', 'its support address, instead of SUPPORT_EMAIL')
    .option('--logo <file>', 'picture for the sign-in page: PNG, JPEG or WebP, at most 64 KiB');
}

/** An empty text takes a value away. */
const orNone = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

function said(options: ClientOptions): Record<string, unknown> {
  const method = options.public ? 'none' : options.authMethod;
  const optional: [string, string | undefined][] = [
    ['scope', options.scope],
    ['backchannel_logout_uri', options.backchannelLogoutUri],
    ['client_uri', options.clientUri],
    ['initiate_login_uri', options.initiateLoginUri],
    ['legacy_uri', options.legacyUri],
    ['help_uri', options.helpUri],
    ['policy_uri', options.policyUri],
    ['tos_uri', options.tosUri],
    ['sector_identifier_uri', options.sectorIdentifierUri],
    ['support_phone', options.supportPhone],
    ['support_email', options.supportEmail],
  ];
  const plainOnes: [string, unknown][] = [
    ['client_name', options.name],
    ['redirect_uris', options.redirectUri],
    ['post_logout_redirect_uris', options.postLogoutRedirectUri],
    ['grant_types', options.grant],
    ['token_endpoint_auth_method', method],
    ['application_type', options.native ? 'native' : undefined],
    ['id_token_signed_response_alg', options.alg],
    ['admits', options.admits],
    ['company_choice', options.companyChoice],
    ['subject_type', options.subjectType],
    ['asks_consent', options.asksConsent],
    // Without it a sign-out could only be told of the person, and would end all their sessions there.
    ['backchannel_logout_session_required', options.backchannelLogoutUri ? true : undefined],
    ['registration_paths', options.registrationPath],
    ['sign_in_names', options.signInName],
  ];
  return Object.fromEntries<unknown>([
    ...saidOfProtocol(options),
    ...plainOnes.filter(([, value]) => value !== undefined),
    ...optional
      .filter(([, value]) => value !== undefined)
      .map(([name, value]): [string, unknown] => [name, orNone(value)]),
  ]);
}

/**
 * `standing` with what the options say, checked as a whole.
 * @param keys what readKeys gave
 * @throws Failure naming every fault.
 */
export function readRegistration(
  options: ClientOptions,
  standing: Record<string, unknown>,
  keys: Record<string, unknown> = {},
): ClientInput {
  if (options.public && options.authMethod)
    throw new Failure('usage', '--public and --auth-method contradict each other; keep one.');
  const result = clientInput.safeParse({
    ...{ ...standing, ...profileDefaults(options), ...keys, ...said(options) },
  });
  if (!result.success)
    throw new Failure('usage', `Cannot be registered: ${clientFaults(result.error).join('; ')}.`);
  if (options.pkceExempt && result.data.profile === 'fapi2')
    throw new Failure('usage', 'A client of the profile fapi2 cannot do without PKCE.');
  if (options.pkceExempt && result.data.token_endpoint_auth_method === 'none')
    throw new Failure('usage', 'A public client cannot do without PKCE; leave --pkce-exempt out.');
  return result.data;
}

/** @throws Failure when there is no relying party of this id. */
export async function getClient(db: Queryable, id: string): Promise<Client> {
  const client = clientId.safeParse(id).success ? await findClient(db, id) : undefined;
  if (!client)
    throw new Failure('notFound', 'There is no relying party of this id; clients list shows them.');
  return client;
}

/** The part of a registration that is kept as metadata. */
export function metadataOf(input: ClientInput): Record<string, unknown> {
  const { client_id: _id, client_name: _name, ...metadata } = input;
  return metadata;
}

/** A relying party in JSON, in the terms of OIDC Registration §2. */
export function clientJson(client: Client) {
  return {
    ...client.metadata,
    client_id: client.id,
    client_name: client.name,
    pkce_exempt: client.pkceExempt,
    has_secret: client.secretHash !== null,
    has_logo: client.logo !== null,
    created_at: client.createdAt,
    updated_at: client.updatedAt,
  };
}

export function readClientId(text: string): string {
  const result = clientId.safeParse(text);
  if (!result.success) throw new InvalidArgumentError(`It ${clientFaults(result.error).join(' and ')}.`);
  return text;
}

const MAX_LOGO = 64 * 1024;

export interface Logo {
  logo: Buffer;
  logoType: string;
}

/** The picture of a file, told by its first bytes. SVG is refused: it can carry scripts. @throws Failure */
export async function readLogo(io: AdminIo, path: string): Promise<Logo> {
  const logo = await io.readFile(path, MAX_LOGO);
  const logoType = pictureType(logo);
  if (!logoType) throw new Failure('usage', 'The logo must be a PNG, JPEG or WebP picture.');
  return { logo, logoType };
}

function pictureType(bytes: Buffer): string | undefined {
  if (bytes.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex'))) return 'image/png';
  if (bytes.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex'))) return 'image/jpeg';
  const webp = bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP';
  return webp ? 'image/webp' : undefined;
}
