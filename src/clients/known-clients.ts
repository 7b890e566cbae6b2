/**
 * Relying parties as this node last read them: every request of the protocol names one. Kept until a change is
 * announced (storage/changes); ids that nobody has are asked for each time, so strangers fill no memory.
 */
import type { Changes } from '../storage/changes';
import { unavailability } from '../storage/postgres';
import type { Database } from '../storage/tables';
import type { Client } from './client';
import { findClient } from './store';

export interface KnownClients {
  /** The same object for every call until it changes. */
  find(id: string): Promise<Client | undefined>;
}

/** More than this are read again. */
const MOST_KEPT = 10_000;

export function createKnownClients(db: Database, changes: Pick<Changes, 'onChange'>): KnownClients {
  let kept = new Map<string, Client>();
  changes.onChange('clients', () => {
    // A new map: what is being read now was asked for before the change and lands in the old one.
    kept = new Map();
  });
  return {
    find: async (id) => {
      const known = kept.get(id);
      if (known) return known;
      const into = kept;
      // Asked from inside oidc-provider, which would call a database that is away a fault of ours.
      const found = await findClient(db, id).catch((error: unknown) => {
        throw unavailability(error) ?? error;
      });
      if (found && into.size < MOST_KEPT) into.set(id, found);
      return found;
    },
  };
}
