/** Notes for which relying parties a session is used: at the code, before it is given out, so that none is forgotten. */
import type { Adapter } from 'oidc-provider';
import { noteParticipant } from '../../accounts/sessions/participants';
import type { Queryable } from '../../storage/tables';

/** `adapter` of codes, browser's or device's. */
export function notingParticipants(adapter: Adapter, db: Queryable): Adapter {
  return {
    ...adapter,
    upsert: async (id, payload, expiresIn) => {
      const { sessionUid, clientId, accountId, sid } = payload as Record<string, unknown>;
      if (typeof sessionUid === 'string' && typeof clientId === 'string' && accountId !== undefined)
        await noteParticipant(db, { sessionUid, clientId, sid: typeof sid === 'string' ? sid : null });
      await adapter.upsert(id, payload, expiresIn);
    },
  };
}
