/**
 * What every node does again and again, each work once: for looking at the statements of it. What it would say to
 * people is not sent; documents are not there, so nothing of them is deleted but their rows.
 */
import { renewSeals, sweepPowers } from '../../src/attorney/sweep-powers';
import { linkEvents } from '../../src/audit/chain';
import { countUnlinked } from '../../src/audit/store';
import { tendApplications } from '../../src/companies/memberships/remind';
import { loadConfig } from '../../src/config';
import { destroyDueAccounts } from '../../src/consents/closing/destroy';
import { openEphemeral, openFoundation } from '../../src/foundation';
import { sweep } from '../../src/node/sweeper';
import { claimMessages, measureOutbox } from '../../src/notifications/store';
import { tendSigningKeys } from '../../src/provider/keys/rotation';
import { noteNewestKey } from '../../src/storage/secret-keys';

/** Nothing is stored, so nothing is found. */
const NO_FILES = {
  put: () => Promise.reject(new Error('a bench stores no documents')),
  get: () => Promise.resolve(undefined),
  delete: () => Promise.resolve(),
};

async function main(): Promise<void> {
  const foundation = await openFoundation(loadConfig());
  const { config, db, secrets, clock } = foundation;
  const ephemeral = openEphemeral(foundation);
  const tools = { ...foundation, files: NO_FILES };
  const work: (() => Promise<unknown>)[] = [
    () => claimMessages(db, 'email', 8, clock.now(), 75),
    () => claimMessages(db, 'sms', 8, clock.now(), 75),
    () => claimMessages(db, 'logout', 32, clock.now(), 75),
    () => linkEvents(db, secrets),
    () => sweep({ db, ephemeral, clock }),
    () => tendApplications({ db, secrets, clock, issuer: config.issuer }),
    () => destroyDueAccounts({ db, clock }),
    () => sweepPowers(tools),
    () => renewSeals(tools),
    () => tendSigningKeys(tools),
    () => noteNewestKey(db, secrets, clock),
    () => measureOutbox(db, clock.now()),
    () => countUnlinked(db),
  ];
  for (const turn of work) await turn();
  await ephemeral.close();
  await foundation.close();
}

main().catch((error: unknown) => {
  process.stderr.write(`${String((error as Error).stack)}\n`);
  process.exitCode = 1;
});
