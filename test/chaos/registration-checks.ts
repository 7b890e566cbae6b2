/** What must hold after many registrations, read where people and operators would: database, mailbox, phone, audit. */
import { execFileSync } from 'node:child_process';
import { Client } from 'pg';
import type { Post, Story } from './registrant';

export interface Invariant {
  name: string;
  /** Empty when it holds; examples of what breaks it otherwise. */
  broken: string[];
}

export interface MailFigures {
  sent: number;
  /** Mails that came more than once. */
  duplicates: number;
}

/** A share of the mails may come twice, where the sender was killed between sending and noting it. */
const DUPLICATES_BAR = 0.01;

export async function checkRegistrations(
  databaseUrl: string,
  stories: readonly Story[],
): Promise<Invariant[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await checkRows(client, stories);
  } finally {
    await client.end();
  }
}

async function checkRows(client: Client, stories: readonly Story[]): Promise<Invariant[]> {
  const list = async (text: string): Promise<Record<string, string>[]> =>
    (await client.query<Record<string, string>>(text)).rows;
  const people = await list(`
    select canonical, count(distinct account_id) as accounts,
      (select count(*) from memberships where account_id = any (array_agg(identifiers.account_id))) as applications
    from identifiers where kind = 'email' and canonical like 'registrant-%' group by canonical`);
  const byEmail = new Map(people.map((row) => [row.canonical, row]));
  const [counts = {}] = await list(`
    select (select count(distinct account_id) from identifiers
        where kind = 'email' and canonical like 'registrant-%') as accounts,
      (select count(*) from audit where event = 'account_created') as "account_created",
      (select count(*) from outbox where status = 'waiting') as waiting,
      (select count(*) from outbox where channel = 'email' and status = 'dead') as dead`);
  const acknowledged = stories.filter((story) => story.acknowledged);
  const none = (name: string, found: readonly string[]): Invariant => ({ name, broken: found.slice(0, 5) });
  return [
    none(
      'everybody got through',
      stories
        .filter((story) => !story.acknowledged)
        .map(({ email, faults }) => `${email} ${faults.join('; ')}`),
    ),
    none(
      'who saw the proved page has one account',
      acknowledged.flatMap(({ email }) => (byEmail.get(email)?.accounts === '1' ? [] : [email])),
    ),
    none(
      'and one application',
      acknowledged.flatMap(({ email }) => (byEmail.get(email)?.applications === '1' ? [] : [email])),
    ),
    none(
      'nobody is registered twice',
      people.flatMap(({ canonical = '', accounts }) => (accounts === '1' ? [] : [canonical])),
    ),
    none(
      'every account is told in the audit, once',
      counts.accounts === counts.account_created
        ? []
        : [`${counts.accounts} accounts, ${counts.account_created} events`],
    ),
    none('no message is left over', counts.waiting === '0' ? [] : [`${counts.waiting} waiting`]),
    none('no mail was given up', counts.dead === '0' ? [] : [`${counts.dead} dead`]),
    none('no answer was a fault', [...new Set(stories.flatMap(({ faults }) => faults))]),
  ];
}

/** Every promised mail came, about once, and each text message at most once. */
export function checkPost(
  { mail, sms }: Post,
  stories: readonly Story[],
): { invariants: Invariant[]; figures: MailFigures } {
  const ids = new Map<string, string[]>();
  const proofs = new Map<string, Set<string>>();
  for (const { recipients, mail: content } of mail.mails) {
    const [to = ''] = recipients;
    const id = content.messageId ?? '(none)';
    ids.set(id, [...(ids.get(id) ?? []), to]);
    if (content.text?.includes('/prove-email?')) proofs.set(to, (proofs.get(to) ?? new Set()).add(id));
  }
  const duplicates = mail.mails.length - ids.size;
  const texts = sms.accepted.map(({ to, text }) => `${to} ${text}`);
  const invariants = [
    {
      name: 'every mail that was promised came',
      broken: stories
        .filter(({ promised, email }) => promised && !proofs.has(email))
        .map(({ email }) => email),
    },
    {
      name: 'a mail that came twice has one Message-ID',
      broken: [...proofs].filter(([, own]) => own.size > 1).map(([email]) => email),
    },
    {
      name: 'a Message-ID belongs to one person',
      broken: [...ids].filter(([, to]) => new Set(to).size > 1).map(([id]) => id),
    },
    {
      name: `at most ${100 * DUPLICATES_BAR} % of the mails came twice`,
      broken: duplicates > DUPLICATES_BAR * ids.size ? [`${duplicates} of ${ids.size}`] : [],
    },
    {
      name: 'no text message came twice',
      broken: texts.filter((text, at) => texts.indexOf(text) !== at).map((text) => text.split(' ')[0] ?? ''),
    },
  ];
  return {
    invariants: invariants.map(({ name, broken }) => ({ name, broken: broken.slice(0, 5) })),
    figures: { sent: ids.size, duplicates },
  };
}

/** The operator's own check of the audit trail. @param command compiled entry of the command line */
export function checkAudit(command: string, env: Record<string, string>): Invariant {
  const name = 'the audit chain verifies';
  try {
    execFileSync(process.execPath, [command, 'audit', 'verify'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    return { name, broken: [] };
  } catch (error) {
    return { name, broken: [String((error as { stderr?: Buffer }).stderr ?? error)] };
  }
}
