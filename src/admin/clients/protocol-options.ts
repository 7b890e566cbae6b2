/** Options of `clients create` and `clients update` about the protocol: keys, profiles, APIs, token exchange. */
import { Option, type Command } from 'commander';
import { CERTIFICATE_NAMES, FAPI2_DEFAULTS, PROFILES } from '../../clients/protocol';
import { Failure, type AdminIo } from '../admin';

/** Undefined means "not said". */
export interface ProtocolOptions {
  profile?: string;
  /** Path of a file; see readKeys. */
  jwks?: string;
  jwksUri?: string;
  userinfoAlg?: string;
  introspectionAlg?: string;
  detailsType?: string[];
  exchangeFrom?: string[];
  exchangeResource?: string[];
  certificateBound?: boolean;
  certificateName?: string;
  requirePar?: boolean;
  dpop?: boolean;
  signedRequests?: boolean;
  resource?: string[];
}

const ANSWER_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'];

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

export function addProtocolOptions(leaf: Command): Command {
  return leaf
    .addOption(
      new Option(
        '--profile <name>',
        'fapi2: a key or a certificate, PAR, tokens bound to it, and ES256, all required',
      ).choices([...PROFILES, 'none']),
    )
    .option('--jwks <file>', 'its public keys: a JSON Web Key Set')
    .option('--jwks-uri <uri>', 'where its public keys are')
    .option('--require-par', 'takes only pushed authorization requests (RFC 9126)')
    .option('--no-require-par', 'takes plain ones, too')
    .option('--dpop', 'gets only tokens that are bound to a key (RFC 9449)')
    .option('--no-dpop', 'gets bearer tokens, too')
    .option('--certificate-bound', 'gets only tokens that are bound to its TLS certificate (RFC 8705)')
    .option('--no-certificate-bound', 'gets bearer tokens, too')
    .option(
      '--certificate-name <name>',
      'what its certificate says, for tls_client_auth: dn:CN=…,O=…, dns:…, uri:…, ip:… or email:…',
    )
    .option('--signed-requests', 'takes only signed authorization requests (RFC 9101)')
    .option('--no-signed-requests', 'takes unsigned ones, too')
    .option('--resource <uri>', 'an API that it may ask tokens for; see resources (repeatable)', collect)
    .option(
      '--details-type <type>',
      'a type of authorization details it may ask for; see resources add-type (repeatable)',
      collect,
    )
    .option(
      '--exchange-from <id>',
      'a relying party whose access tokens it may exchange (RFC 8693; repeatable)',
      collect,
    )
    .option('--exchange-resource <uri>', 'an API it gets tokens for in exchange (repeatable)', collect)
    .addOption(
      new Option('--userinfo-alg <alg>', 'signs what userinfo answers').choices([
        ...ANSWER_ALGORITHMS,
        'none',
      ]),
    )
    .addOption(
      new Option(
        '--introspection-alg <alg>',
        'signs what introspection answers, where it is asked to',
      ).choices([...ANSWER_ALGORITHMS, 'none']),
    );
}

/** What the profile says where nothing else is said. */
export function profileDefaults({
  profile,
  certificateBound,
  dpop,
}: ProtocolOptions): Record<string, unknown> {
  return {
    ...(profile === 'fapi2' ? FAPI2_DEFAULTS : {}),
    // Of the two ways to bind a token the one that is asked for takes the other's place.
    ...(certificateBound && !dpop ? { dpop_bound_access_tokens: false } : {}),
  };
}

const noneIsEmpty = (text: string | undefined): string | undefined => (text === 'none' ? '' : text);
const withoutEmpty = (list: string[] | undefined): string[] | undefined => list?.filter((one) => one !== '');

/** `dns:bank.example.com` in the terms of RFC 8705 §2.1.2; a name takes the place of any other. @throws Failure */
function certificateName(typed: string | undefined): Record<string, string | undefined> {
  if (typed === undefined) return {};
  const none = Object.fromEntries(CERTIFICATE_NAMES.map((name) => [name, undefined]));
  if (typed === '') return none;
  const [, kind = '', value = ''] = /^([a-z]+):(.+)$/s.exec(typed) ?? [];
  const field = CERTIFICATE_NAMES.find((name) => name.endsWith(`_${kind}`));
  if (kind === '' || field === undefined)
    throw new Failure('usage', '--certificate-name must begin with dn:, dns:, uri:, ip: or email:.');
  return { ...none, [field]: value };
}

/** The fields that are said, in the terms of OIDC Registration; undefined takes a value away. @throws Failure */
export function saidOfProtocol(options: ProtocolOptions): [string, unknown][] {
  const takenAway: [string, string | undefined][] = [
    ['jwks_uri', options.jwksUri],
    ['profile', noneIsEmpty(options.profile)],
    ['userinfo_signed_response_alg', noneIsEmpty(options.userinfoAlg)],
    ['introspection_signed_response_alg', noneIsEmpty(options.introspectionAlg)],
  ];
  const plain: [string, unknown][] = [
    ['require_pushed_authorization_requests', options.requirePar],
    ['dpop_bound_access_tokens', options.dpop],
    ['require_signed_request_object', options.signedRequests],
    ['tls_client_certificate_bound_access_tokens', options.certificateBound],
    ['resources', withoutEmpty(options.resource)],
    ['authorization_details_types', withoutEmpty(options.detailsType)],
    ['exchange_from', withoutEmpty(options.exchangeFrom)],
    ['exchange_resources', withoutEmpty(options.exchangeResource)],
  ];
  return [
    ...plain.filter(([, value]) => value !== undefined),
    ...takenAway
      .filter(([, value]) => value !== undefined)
      .map(([name, value]): [string, unknown] => [name, value === '' ? undefined : value]),
    ...Object.entries(certificateName(options.certificateName)),
  ];
}

const MAX_JWKS = 64 * 1024;

/** The keys of the file that `--jwks` names; keys by value and by address take each other's place. @throws Failure */
export async function readKeys(
  io: AdminIo,
  { jwks, jwksUri }: ProtocolOptions,
): Promise<Record<string, unknown>> {
  if (jwks !== undefined && jwksUri !== undefined)
    throw new Failure('usage', '--jwks and --jwks-uri contradict each other; keep one.');
  if (jwksUri !== undefined) return { jwks: undefined };
  if (jwks === undefined) return {};
  if (jwks === '') return { jwks: undefined };
  const text = (await io.readFile(jwks, MAX_JWKS)).toString('utf8');
  try {
    return { jwks: JSON.parse(text) as unknown, jwks_uri: undefined };
  } catch {
    throw new Failure('usage', 'The file of --jwks is not JSON.');
  }
}
