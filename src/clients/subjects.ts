/**
 * Under which subject a relying party knows a person (OIDC Core §8): the same one everywhere, or one of its own sector,
 * made of the account's id with a salt that never changes. Nothing of it is stored.
 */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { DEVICE_GRANT } from './protocol';

export const SUBJECT_TYPES = ['public', 'pairwise'] as const;

/** The fields of a registration that this file owns (OIDC Registration §2). */
export const subjectFields = {
  subject_type: z.enum(SUBJECT_TYPES).optional(),
  sector_identifier_uri: z
    .url({ protocol: /^https$/, error: 'must be an https URL' })
    .max(2000)
    .optional(),
};

interface Registration {
  subject_type?: (typeof SUBJECT_TYPES)[number];
  sector_identifier_uri?: string;
  grant_types: readonly string[];
  redirect_uris: readonly string[];
}

/** What does not fit together. */
export function subjectFaults(client: Registration): { path: string[]; message: string }[] {
  const { sector_identifier_uri: uri, redirect_uris: redirects, grant_types: grants } = client;
  const pairwise = client.subject_type === 'pairwise';
  const hosts = new Set(redirects.map((redirect) => URL.parse(redirect)?.host ?? ''));
  const rules: [broken: boolean, path: string, message: string][] = [
    [uri !== undefined && !pairwise, 'sector_identifier_uri', 'is for subject_type pairwise'],
    [
      pairwise && uri === undefined && (hosts.size !== 1 || hosts.has('')),
      'sector_identifier_uri',
      'is needed with subject_type pairwise unless all redirect addresses have one host',
    ],
    [pairwise && grants.includes(DEVICE_GRANT), 'subject_type', 'must be public for the device grant'],
  ];
  return rules.filter(([broken]) => broken).map(([, path, message]) => ({ path: [path], message }));
}

/** The host that stands for the sector; undefined for a relying party that knows people by their public subject. */
export function sectorOf(metadata: Record<string, unknown>): string | undefined {
  if (metadata.subject_type !== 'pairwise') return undefined;
  const redirects: unknown[] = Array.isArray(metadata.redirect_uris) ? metadata.redirect_uris : [];
  const uri = metadata.sector_identifier_uri ?? redirects[0];
  return typeof uri === 'string' ? URL.parse(uri)?.host : undefined;
}

/** OIDC Core §8.1: nobody without the salt can tell whose it is, or that two of two sectors are one person's. */
export function pairwiseSubject(salt: string, sector: string, accountId: string): string {
  return createHmac('sha256', salt).update(`pairwise\n${sector}\n${accountId}`).digest('base64url');
}

type Fetch = (
  url: string,
  request: { headers: Record<string, string>; deadlineMs: number; maxBytes: number },
) => Promise<{ status: number; body: Buffer }>;

/**
 * What keeps a registration from standing, beyond what it says itself: there is no salt, or its sector does not list it
 * (OIDC Registration §5). Undefined when all is well.
 */
export async function sectorFault(
  { salt, fetch }: { salt: string | undefined; fetch: Fetch },
  client: Registration,
): Promise<string | undefined> {
  if (client.subject_type !== 'pairwise') return undefined;
  if (salt === undefined) return 'subject_type: pairwise needs the setting PAIRWISE_SALT';
  const uri = client.sector_identifier_uri;
  if (uri === undefined) return undefined;
  const request = { headers: { accept: 'application/json' }, deadlineMs: 2500, maxBytes: 64 * 1024 };
  const answer = await fetch(uri, request).catch(() => undefined);
  if (answer?.status !== 200) return 'sector_identifier_uri: could not be read';
  const listed = z.array(z.string()).safeParse(parsed(answer.body.toString('utf8')));
  if (!listed.success) return 'sector_identifier_uri: must answer with a JSON array of addresses';
  return client.redirect_uris.every((redirect) => listed.data.includes(redirect))
    ? undefined
    : 'sector_identifier_uri: must list every redirect address';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
