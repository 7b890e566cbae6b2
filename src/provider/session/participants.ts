/** Notes for which relying parties a session is used: at the code, before it is given out, so that none is forgotten. */
import type { Adapter } from 'oidc-provider';
import { noteParticipant } from '../../accounts/sessions/participants';
import type { KnownClients } from '../../clients/known';
import type { Queryable } from '../../storage/tables';

/** `adapter` of codes, browser's or device's. */
export function notingParticipants(adapter: Adapter, db: Queryable, clients: KnownClients): Adapter {
  const listens = async (id: string): Promise<boolean> =>
    (await clients.find(id))?.metadata.backchannel_logout_uri !== undefined;
  return {
    ...adapter,
    upsert: async (id, payload, expiresIn) => {
      const { sessionUid, clientId, accountId, sid } = payload as Record<string, unknown>;
      const known = typeof sessionUid === 'string' && typeof clientId === 'string' && accountId !== undefined;
      if (known && (await listens(clientId)))
        await noteParticipant(db, { sessionUid, clientId, sid: typeof sid === 'string' ? sid : null });
      await adapter.upsert(id, payload, expiresIn);
    },
  };
}
