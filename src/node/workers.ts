/** The recurring work of a node: mail and text messages, the audit chain, sweeping, signing keys. */
import type { FileStore } from '../attorney/file-store';
import { renewSeals, sweepPowers } from '../attorney/sweep-powers';
import { createAuditLinker } from '../audit/linker';
import { tendApplications } from '../companies/memberships/remind';
import { destroyDueAccounts } from '../consents/closing/destroy';
import type { Foundation } from '../foundation';
import type { Outgoing } from '../http/outgoing/outgoing';
import { createDelivery } from '../notifications/deliver';
import { createIdleTransport, createMailer, type MailerOptions } from '../notifications/email';
import { createSmsGateway } from '../notifications/gateways';
import { createMailCourier } from '../notifications/mail-courier';
import type { Courier } from '../notifications/notifications';
import { createMessageRenderer } from '../notifications/render';
import { createSmsCourier } from '../notifications/sms/gateway';
import { createLogoutCourier } from '../provider/logout/courier';
import type { ProviderHolder } from '../provider/provider';
import { tendSigningKeys } from '../provider/keys/rotation';
import type { EphemeralStore } from '../storage/ephemeral/port';
import { openPostgres, type OpenedDatabase } from '../storage/postgres';
import { noteNewestKey } from '../storage/secret-keys';
import { every, sweep } from './sweeper';

/** What the recurring work needs of a running app. */
export interface WorkerParts extends Foundation {
  ephemeral: EphemeralStore;
  holder: ProviderHolder;
  files: FileStore;
  outgoing: Outgoing;
  /** Hears how each try to deliver a message ended. */
  countMessage: (channel: string, result: string) => void;
}

/** Each may have to wait three seconds for its relying party; those of the others should not wait with it. */
const LOGOUTS_AT_ONCE = 32;

/** Connections for it, beside those that serve people. */
const CONNECTIONS = 3;
/** No statement of it has a reason to take longer. */
const QUERY_TIMEOUT_MS = 10_000;

/**
 * What the recurring work asks the database with. Over a server it has connections of its own: neither does a rush of
 * people keep it from noting that a mail is sent, nor does a long sweep keep people waiting.
 */
function openBackground({ config, db, log }: Foundation): Pick<OpenedDatabase, 'db' | 'close'> {
  if (config.databaseUrl === undefined) return { db, close: () => Promise.resolve() };
  const settings = { url: config.databaseUrl, poolSize: CONNECTIONS, queryTimeoutMs: QUERY_TIMEOUT_MS };
  return openPostgres(settings, (error) => log.warn({ err: error }, 'database connection of workers lost'));
}

/** Begins and ends all of it; `stop` waits for what is under way. */
export function createWorkers(serving: WorkerParts): { start(): void; stop(): Promise<void> } {
  const background = openBackground(serving);
  const parts: WorkerParts = { ...serving, db: background.db };
  const { config, db, secrets, clock, log, ephemeral, holder, countMessage } = parts;
  const linker = createAuditLinker({
    db,
    secrets,
    onError: (error) => log.warn({ err: error }, 'audit rows not linked yet'),
  });
  const deliveries = createCouriers(parts).map((courier) =>
    createDelivery({
      db,
      secrets,
      clock,
      courier,
      // Somebody looks at a phone and waits for the code, or has signed out at a foreign computer.
      intervalMs: courier.channel === 'email' ? 1000 : 500,
      ...(courier.channel === 'logout' ? { concurrency: LOGOUTS_AT_ONCE } : {}),
      eraseAfterSending: config.environment === 'production',
      onOutcome: ({ id, template, result, reason, receipt }) => {
        countMessage(courier.channel, result);
        if (result === 'dead') log.warn({ message: id, template, reason }, 'message given up');
        else if (receipt !== undefined) log.debug({ message: id, template, receipt }, 'message accepted');
      },
      onError: (error) => log.warn({ err: error, channel: courier.channel }, 'outbox not served'),
    }),
  );
  let recurring: ReturnType<typeof every>[] = [];
  return {
    start: () => {
      linker.start();
      for (const delivery of deliveries) delivery.start();
      recurring = [
        every(60, () => sweep({ db, ephemeral, clock }), log, 'sweep'),
        every(60, () => tendApplications({ db, secrets, clock, issuer: config.issuer }), log, 'applications'),
        every(600, () => destroyDueAccounts(parts), log, 'destroying closed accounts'),
        every(300, () => sweepPowers(parts), log, 'sweeping documents'),
        every(300, () => renewSeals(parts), log, 'sealing documents anew'),
        every(60, () => tendSigningKeys(parts), log, 'rotating signing keys'),
        every(60, () => noteNewestKey(db, secrets, clock), log, 'noting the newest key'),
        every(5, () => holder.refresh(), log, 'signing keys'),
      ];
    },
    stop: async () => {
      const ending = [linker, ...deliveries, ...recurring];
      await Promise.all(ending.map((work) => work.stop()));
      await background.close();
    },
  };
}

/** What signs the mails; undefined where the mail server does. */
function dkimOf({
  mailDkimDomain: domainName,
  mailDkimSelector: keySelector,
  mailDkimKey: privateKey,
}: WorkerParts['config']): MailerOptions['dkim'] {
  return domainName && keySelector && privateKey ? { domainName, keySelector, privateKey } : undefined;
}

/** One courier a channel; each has a worker of its own. */
function createCouriers({ config, clock, viewsDir, holder, outgoing }: WorkerParts): Courier[] {
  const { issuer, smtpUrl, mailFrom: from } = config;
  const renderer = createMessageRenderer({ viewsDir, issuer });
  const dkim = dkimOf(config);
  const transport = smtpUrl === undefined ? createIdleTransport() : createMailer({ smtpUrl, from, dkim });
  return [
    createMailCourier({ renderer, transport, issuer }),
    createSmsCourier(renderer, createSmsGateway(config, clock)),
    createLogoutCourier(holder, outgoing),
  ];
}
