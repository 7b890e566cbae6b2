/**
 * Relying parties and APIs as this node last read them: every request of the protocol names one. Kept until a change is
 * announced (storage/changes); ids that nobody has are asked for each time, so strangers fill no memory.
 */
import type { Changes, Topic } from '../storage/changes';
import { unavailability } from '../storage/postgres';
import type { Database } from '../storage/tables';
import type { Client } from './client';
import type { Resource } from './resource';
import { findResource } from './resource-store';
import { findClient } from './store';

export interface Known<One> {
  /** The same object for every call until it changes. */
  find(id: string): Promise<One | undefined>;
}

export type KnownClients = Known<Client>;
/** By their URIs. */
export type KnownResources = Known<Resource>;

export const createKnownClients = (db: Database, changes: Pick<Changes, 'onChange'>): KnownClients =>
  keep(changes, 'clients', (id) => findClient(db, id));

export const createKnownResources = (db: Database, changes: Pick<Changes, 'onChange'>): KnownResources =>
  keep(changes, 'resources', (uri) => findResource(db, uri));

/** More than this are read again. */
const MOST_KEPT = 10_000;

function keep<One>(
  changes: Pick<Changes, 'onChange'>,
  topic: Topic,
  read: (id: string) => Promise<One | undefined>,
): Known<One> {
  let kept = new Map<string, One>();
  changes.onChange(topic, () => {
    // A new map: what is being read now was asked for before the change and lands in the old one.
    kept = new Map();
  });
  return {
    find: async (id) => {
      const known = kept.get(id);
      if (known) return known;
      const into = kept;
      // Asked from inside oidc-provider, which would call a database that is away a fault of ours.
      const found = await read(id).catch((error: unknown) => {
        throw unavailability(error) ?? error;
      });
      if (found && into.size < MOST_KEPT) into.set(id, found);
      return found;
    },
  };
}
