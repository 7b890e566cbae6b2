/** Subjects are worth comparing only while they give the same: checked before anything is measured. */
import { openConnection } from '../client/connection';
import { clientPost, openSession, tokensBySession } from '../client/relying-party';
import { APIS, type Target, type TokenAlgorithm } from '../client/target';

/** What a subject's ID token is signed with and says. */
export interface IdTokenShape {
  alg: string;
  claims: string[];
}

/**
 * Of each subject.
 * @throws Error when ID tokens differ in algorithm or claims, or an API's token is signed with another algorithm
 */
export async function checkAlike(
  subjects: readonly { name: string; target: Target }[],
): Promise<IdTokenShape> {
  let first: { name: string; shape: IdTokenShape } | undefined;
  for (const { name, target } of subjects) {
    const shape = await idTokenShape(target);
    await checkApis(name, target);
    first ??= { name, shape };
    if (JSON.stringify(shape) !== JSON.stringify(first.shape))
      throw new Error(`ID tokens differ: ${first.name} ${describe(first.shape)}; ${name} ${describe(shape)}`);
  }
  if (!first) throw new Error('nobody to compare');
  return first.shape;
}

export const describe = ({ alg, claims }: IdTokenShape): string => `${alg}: ${claims.join(' ')}`;

const decode = (part: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;

async function idTokenShape(target: Target): Promise<IdTokenShape> {
  const connection = await openConnection(target.port);
  try {
    const session = await openSession(connection, target);
    const { id_token } = await tokensBySession(connection, target, session);
    const [header, payload] = id_token.split('.');
    return { alg: String(decode(header).alg), claims: Object.keys(decode(payload)).sort() };
  } finally {
    connection.close();
  }
}

async function checkApis(name: string, target: Target): Promise<void> {
  const connection = await openConnection(target.port);
  try {
    for (const alg of Object.keys(APIS) as TokenAlgorithm[]) {
      const form = { grant_type: 'client_credentials', resource: APIS[alg] };
      const { body } = await connection.send(clientPost(target, '/token', form));
      const { access_token: token = '' } = JSON.parse(body) as { access_token?: string };
      const signed = token === '' ? undefined : decode(token.split('.')[0]).alg;
      if (signed !== alg)
        throw new Error(`${name} signs tokens for ${APIS[alg]} with ${String(signed)}: ${body}`);
    }
  } finally {
    connection.close();
  }
}
