/** Where each artifact lives: truth in the database, the short-lived in the ephemeral store (docs/storage.md). */
import type { Adapter } from 'oidc-provider';
import type { KnownClients } from '../../clients/known';
import type { Clock } from '../../clock';
import type { Config } from '../../config';
import type { Secrets } from '../../secrets';
import { ofToken, type Standings } from '../session/standing';
import type { EphemeralStore } from '../../storage/ephemeral/port';
import { unavailability } from '../../storage/postgres';
import type { Statements } from '../../storage/statements';
import type { Database } from '../../storage/tables';
import { writtenBeforeAnswer } from './before-answer';
import { clientArtifacts } from './clients';
import { deviceCodeArtifacts } from './device-codes';
import { notingParticipants } from '../session/participants';
import { ephemeralArtifacts } from './ephemeral-artifacts';
import { grantArtifacts } from './grants';
import { interactionArtifacts } from './interactions';
import { ofOwnKind } from './kinds';
import { createPayloadSeal } from './payload';
import { refreshTokenArtifacts } from './refresh-tokens';
import { accessTokenArtifacts } from './sealed-tokens';
import { sessionArtifacts } from './sessions';

export interface AdapterParts {
  config: Pick<Config, 'issuer'>;
  db: Database;
  statements: Statements;
  ephemeral: EphemeralStore;
  secrets: Secrets;
  clock: Clock;
  clients: KnownClients;
  standings: Standings;
}

/** The adapter factory that oidc-provider asks once per model. */
export function createAdapters({
  config,
  db,
  statements,
  ephemeral,
  secrets,
  clock,
  clients,
  standings,
}: AdapterParts): (model: string) => Adapter {
  const payloads = createPayloadSeal(secrets);
  const stored = { db, statements, payloads, clock, standings };
  const adapterOf = (model: string): Adapter => {
    if (model === 'Client') return refusing(clientArtifacts(clients));
    if (model === 'Grant') return refusing(grantArtifacts(stored));
    if (model === 'RefreshToken') return refusing(refreshTokenArtifacts(stored, secrets));
    if (model === 'DeviceCode')
      return notingParticipants(deviceCodeArtifacts(ephemeral, payloads, secrets), db, clients);
    if (model === 'Session') return sessionArtifacts(ephemeral, payloads);
    if (model === 'AccessToken') return accessTokenArtifacts(secrets);
    if (model === 'Interaction') return interactionArtifacts(ephemeral, payloads, config.issuer);
    const plain = ephemeralArtifacts(model, ephemeral, payloads);
    if (model !== 'AuthorizationCode') return plain;
    return refusing(notingParticipants(writtenBeforeAnswer(model, plain), db, clients));
  };
  return (model) => {
    const adapter = ofOwnKind(model, adapterOf(model));
    return PRESENTED.has(model) ? expecting(adapter, standings, model === 'DeviceCode') : adapter;
  };
}

/** What people's relying parties present; whose it is, its grant is, too. */
const PRESENTED = new Set(['AccessToken', 'AuthorizationCode', 'DeviceCode']);

/** @param early a device code is spent before its grant is asked for, which whoever comes second ends meanwhile. */
function expecting(adapter: Adapter, standings: Standings, early: boolean): Adapter {
  return {
    ...adapter,
    find: async (id) => {
      const found = await adapter.find(id);
      if (found?.accountId !== undefined) standings.expect(ofToken(found, found.accountId));
      if (early && found?.grantId !== undefined) await standings.ofGrant(found.grantId);
      return found;
    },
  };
}

type Method = (...given: unknown[]) => Promise<unknown>;

/** oidc-provider answers with the status of what was thrown: a database that is away has to be a 503 here already. */
function refusing(adapter: Adapter): Adapter {
  const methods = Object.entries(adapter as unknown as Record<string, Method>).map(([name, method]) => {
    const asked: Method = (...given) =>
      method(...given).catch((error: unknown) => {
        throw unavailability(error) ?? error;
      });
    return [name, asked];
  });
  return Object.fromEntries(methods) as Adapter;
}
