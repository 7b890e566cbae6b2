/** The APIs that relying parties call with our access tokens (resource servers, RFC 8707), as an operator names them. */
import { z } from 'zod';
import { fingerprint } from '../secrets';
import type { Row } from '../storage/tables';

export type Resource = Row<'resources'>;

export const TOKEN_FORMATS = ['jwt', 'opaque'] as const;
export const TOKEN_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'] as const;

/** Scopes of ours that an API may ask to be told of in its tokens. */
const TOLD_SCOPES = ['companies', 'contracts'];

/** A colon keeps the scopes of an API apart from ours, for ever. */
const scope = z
  .string()
  .regex(/^[a-z][a-z0-9._-]*(:[a-z0-9._-]+)+$/)
  .or(z.enum(TOLD_SCOPES));

/** What `resources create` takes. */
export const resourceInput = z.strictObject({
  uri: z
    .string()
    .max(500)
    .refine((uri) => {
      const url = URL.parse(uri);
      return url !== null && !/[#\s]|[^\x21-\x7e]/.test(uri) && url.username === '' && url.password === '';
    }, 'must be an absolute URI without fragment, user name and password (RFC 8707 §2)'),
  name: z.string().trim().min(1).max(100),
  scope: z
    .string()
    .max(1000)
    .refine(
      (list) => list.split(' ').every((one) => scope.safeParse(one).success),
      `must be names with a colon (stock:read) or of ${TOLD_SCOPES.join(', ')}, separated by spaces`,
    ),
  tokenFormat: z.enum(TOKEN_FORMATS),
  alg: z.enum(TOKEN_ALGORITHMS),
});

export type ResourceInput = z.infer<typeof resourceInput>;

/** A URI may be longer than what the audit keeps of a subject. */
export const resourceSubject = (uri: string): string => `resource:${fingerprint(uri)}`;
