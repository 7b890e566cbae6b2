/**
 * Relying parties: what an operator may register, checked before it is stored. oidc-provider checks the rest of
 * the metadata; this file holds the rules that it leaves open (http: redirects, odd schemes, ids that look like
 * a person's subject).
 */
import { z } from 'zod';
import type { Row } from '../storage/tables';
import {
  CERTIFICATE_METHODS,
  DEVICE_GRANT,
  EXCHANGE_GRANT,
  protocolFaults,
  protocolFields,
} from './protocol';
import { subjectFaults, subjectFields } from './subjects';

export type Client = Row<'clients'>;

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** An exact redirect target: https, http to this machine only, or a native app's own reverse-domain scheme (RFC 8252 §7). */
export function redirectUriFault(value: string): string | undefined {
  const url = URL.parse(value);
  // Control characters and backslashes are "repaired" by URL parsers, each in its own way.
  // eslint-disable-next-line no-control-regex
  if (!url || /[\s\\\u0000-\u001f]/.test(value)) return 'is not a URL';
  if (url.hash || value.includes('#')) return 'must not have a fragment';
  if (url.username || url.password) return 'must not hold a user name or password';
  if (value.includes('*')) return 'must be exact; wildcards are not supported';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:')
    return LOOPBACK.has(url.hostname) ? undefined : 'must be https (http is for loopback only)';
  return /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+:$/.test(url.protocol)
    ? undefined
    : `must not use the scheme ${url.protocol} (a native app uses its reverse domain, such as com.example.app:/callback)`;
}

const redirectUri = z
  .string()
  .max(2000)
  .superRefine((value, context) => {
    const fault = redirectUriFault(value);
    if (fault) context.addIssue({ code: 'custom', message: `${JSON.stringify(value)} ${fault}` });
  });

const webUri = z
  .string()
  .max(2000)
  .refine((value) => {
    const url = URL.parse(value);
    return url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname));
  }, 'must be an https URL (http is for loopback only)');

/** The client of our own pages: built in, stored nowhere, issued nothing (provider/sessions.ts). */
export const OWN_CLIENT_ID = 'port-one-id';

/** `client_id`: readable, and never the shape of a subject, so that neither can be taken for the other (RFC 9700 §4.15). */
export const clientId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{1,62}$/, 'must be 2 to 63 of a-z, 0-9, ".", "_", "-"')
  .refine((id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-/.test(id), 'must not look like a UUID, since subjects do')
  .refine((id) => id !== OWN_CLIENT_ID, 'must be another: this one is built in');

/** What a relying party may ask for; provider/claims.ts says what each of them brings. */
export const SCOPES = [
  'openid',
  'profile',
  'email',
  'phone',
  'companies',
  'legacy_accounts',
  'contracts',
  'customer',
  'offline_access',
] as const;

const scopeList = z
  .string()
  .max(500)
  .refine(
    (list) => list.split(' ').every((scope) => SCOPES.some((known) => known === scope)),
    `must be of ${SCOPES.join(', ')}, separated by spaces`,
  );

/** Whom a relying party lets in: members of a company, or also people who still wait to become one. */
export const ADMITS = ['approved', 'waiting'] as const;

/** Whether somebody of several companies is asked at each sign-in which one they act for, or only without a default one. */
export const COMPANY_CHOICES = ['ask', 'default'] as const;

/** The name of a path that a registration may take; registration/paths.ts says which there are and what each asks. */
const registrationPathName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be of a-z, 0-9 and "-"');

/** By which names people may sign in. */
export const NAME_KINDS = ['email', 'phone', 'login'] as const;

export const SECRET_METHODS = ['client_secret_basic', 'client_secret_post'] as const;

/** What `clients create` and `clients import` accept; names follow OIDC Registration §2. Unknown names are refused. */
export const clientInput = z
  .strictObject({
    client_id: clientId,
    client_name: z.string().trim().min(1).max(100),
    redirect_uris: z.array(redirectUri).max(50).default([]),
    post_logout_redirect_uris: z.array(redirectUri).max(50).default([]),
    grant_types: z
      .array(
        z.enum(['authorization_code', 'refresh_token', 'client_credentials', DEVICE_GRANT, EXCHANGE_GRANT]),
      )
      .default(['authorization_code', 'refresh_token']),
    token_endpoint_auth_method: z
      .enum([...SECRET_METHODS, 'private_key_jwt', ...CERTIFICATE_METHODS, 'none'])
      .default('client_secret_basic'),
    application_type: z.enum(['web', 'native']).default('web'),
    id_token_signed_response_alg: z.enum(['ES256', 'RS256', 'EdDSA']).default('RS256'),
    scope: scopeList.optional(),
    client_uri: webUri.optional(),
    initiate_login_uri: z
      .url({ protocol: /^https$/, error: 'must be an https URL (OIDC Core §4)' })
      .max(2000)
      .optional(),
    backchannel_logout_uri: webUri.optional(),
    backchannel_logout_session_required: z.boolean().optional(),
    default_max_age: z.number().int().min(0).optional(),
    admits: z.enum(ADMITS).optional(),
    registration_paths: z
      .array(registrationPathName)
      .min(1)
      .refine((names) => new Set(names).size === names.length, 'must not name one twice')
      .optional(),
    sign_in_names: z
      .array(z.enum(NAME_KINDS))
      .min(1)
      .refine((names) => new Set(names).size === names.length, 'must not name one twice')
      .optional(),
    legacy_uri: webUri.optional(),
    policy_uri: webUri.optional(),
    tos_uri: webUri.optional(),
    help_uri: webUri.optional(),
    support_phone: z
      .string()
      .regex(/^\+?[\d ()-]{3,30}$/, 'must be a phone number as people read it')
      .optional(),
    support_email: z.email('must be an e-mail address').max(254).optional(),
    company_choice: z.enum(COMPANY_CHOICES).optional(),
    /** Third parties: people are asked before it learns anything, once for each thing. */
    asks_consent: z.boolean().optional(),
    ...protocolFields,
    ...subjectFields,
  })
  .superRefine((client, context) => {
    const needsRedirect = client.grant_types.includes('authorization_code');
    if (needsRedirect && client.redirect_uris.length === 0) {
      context.addIssue({ code: 'custom', path: ['redirect_uris'], message: 'needs at least one address' });
    }
    for (const uri of [...client.redirect_uris, ...client.post_logout_redirect_uris]) {
      if (client.application_type === 'web' && !/^https?:/.test(uri)) {
        context.addIssue({
          code: 'custom',
          path: ['application_type'],
          message: `must be native for ${JSON.stringify(uri)}`,
        });
      }
    }
    if (client.grant_types.includes('client_credentials') && client.token_endpoint_auth_method === 'none') {
      context.addIssue({
        code: 'custom',
        path: ['grant_types'],
        message: 'client_credentials needs a client with a secret or a key',
      });
    }
    for (const fault of [...protocolFaults(client), ...subjectFaults(client)])
      context.addIssue({ code: 'custom', ...fault });
  });

export type ClientInput = z.infer<typeof clientInput>;

/** All faults of a registration, each as one sentence. */
export function clientFaults(error: z.ZodError): string[] {
  return error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(' '));
}

/** True for a client that authenticates with a secret. */
export function hasSecret(method: string): boolean {
  return SECRET_METHODS.some((name) => name === method);
}

/** Where a person finds the relying party again: its home page, or where its redirect address leads. */
export function clientHome(metadata: Record<string, unknown>): string | undefined {
  const { client_uri: home, redirect_uris: redirects } = metadata;
  if (typeof home === 'string') return home;
  const first: unknown = Array.isArray(redirects) ? redirects[0] : undefined;
  const url = typeof first === 'string' ? URL.parse(first) : null;
  return url && url.origin !== 'null' ? `${url.origin}/` : undefined;
}

/** Where a person goes to use it: the page that begins a sign-in (OIDC Core §4), else where it is found. */
export function clientEntry(metadata: Record<string, unknown>, issuer: string): string | undefined {
  const start = typeof metadata.initiate_login_uri === 'string' && URL.parse(metadata.initiate_login_uri);
  if (!start) return clientHome(metadata);
  start.searchParams.set('iss', issuer);
  return start.href;
}

/** The paths that people who come from it may register by; of several they choose one. */
export function registrationPaths({ registration_paths: said }: Record<string, unknown>): readonly string[] {
  const names: unknown[] = Array.isArray(said) ? said : [];
  return names.length > 0 ? names.map(String) : ['port-one'];
}

/** The names that people sign in with there, in the order of the page; e-mail alone where nothing is said. */
export function signInNames(metadata: Record<string, unknown>): readonly (typeof NAME_KINDS)[number][] {
  const said: unknown[] = Array.isArray(metadata.sign_in_names) ? metadata.sign_in_names : [];
  const names = said.flatMap((name) => NAME_KINDS.filter((kind) => kind === name));
  return names.length > 0 ? names : ['email'];
}
