import { Option, type Command } from 'commander';
import { fullName, normalName, type Account, type PersonName } from '../../accounts/account';
import { blockAccount, setEmail, unblockAccount } from '../../accounts/change-account';
import { createAccount, sendSetPasswordLink, type AccountTools } from '../../accounts/create-account';
import { endSessions, findProfile, listProfiles, listProfilesByEmail } from '../../accounts/store';
import { storableText } from '../../audit/audit';
import { recordEvent } from '../../audit/store';
import { voidAccountTokens } from '../../tokens/store';
import { Failure, type AdminContext, type AdminTools } from '../admin';
import {
  addLeaf,
  addNoun,
  addPaging,
  answerPage,
  badCursor,
  confirm,
  cutPage,
  startRun,
  type AddCommands,
  type Answer,
  type PageOptions,
  type Run,
} from '../command';
import { accountFacts, accountJson, getAccount, readEmail } from '../find-account';

/** `accounts`: people who may sign in. No command here sets or shows a password or a link. */
export const addAccounts: AddCommands = (program, context) => {
  const accounts = addNoun(program, 'accounts', {
    summary: 'people who may sign in',
    examples: ['accounts show ivan@example.com'],
  });
  addCreate(accounts, context);
  addList(accounts, context);
  addShow(accounts, context);
  addBlock(accounts, context);
  addUnblock(accounts, context);
  addSetEmail(accounts, context);
  addRecover(accounts, context);
  addSignOut(accounts, context);
};

function accountTools({ db, secrets, clock, config }: AdminTools): AccountTools {
  return { db, secrets, clock, issuer: config.issuer };
}

/** Says what was done; the JSON is the account as it stands now. */
async function answer(run: Run, accountId: string, json: true | undefined, sentence: string): Promise<void> {
  if (!json) {
    run.print.line(sentence);
    return;
  }
  const profile = await findProfile(run.tools.db, accountId);
  run.print.json(profile ? accountJson(profile) : { id: accountId });
}

interface CreateOptions extends Answer {
  email: string;
  familyName: string;
  givenName: string;
  /** False for --no-middle-name. */
  middleName?: string | boolean;
  locale: 'ru' | 'en';
}

function readName(option: string, text: string): string {
  const name = normalName(text);
  if (name === undefined)
    throw new Failure(
      'usage',
      `${option} must be a name: letters, spaces, hyphens and apostrophes, at most 100.`,
    );
  return name;
}

function readPerson(options: CreateOptions): PersonName {
  const { middleName } = options;
  if (typeof middleName !== 'string' && middleName !== false)
    throw new Failure('usage', 'Give --middle-name, or --no-middle-name for a person who has none.');
  return {
    familyName: readName('--family-name', options.familyName),
    givenName: readName('--given-name', options.givenName),
    middleName: middleName === false ? null : readName('--middle-name', middleName),
  };
}

function addCreate(accounts: Command, context: AdminContext): void {
  addLeaf(accounts, 'create', {
    summary: 'make an account and mail its owner a link that sets the password',
    examples: [
      'accounts create --email a@example.com --family-name Котов --given-name Петр --middle-name Ильич',
      'accounts create --email b@example.com --family-name Lee --given-name Ann --no-middle-name',
    ],
  })
    .requiredOption('--email <address>', 'where the link goes, and the name to sign in with')
    .requiredOption('--family-name <name>', 'family name')
    .requiredOption('--given-name <name>', 'given name')
    .option('--middle-name <name>', 'middle name (отчество)')
    .option('--no-middle-name', 'the person has none')
    .addOption(new Option('--locale <locale>', 'language of the mail').choices(['ru', 'en']).default('ru'))
    .action(async (options: CreateOptions) => {
      const run = await startRun(context);
      const { tools, actor } = run;
      const person = readPerson(options);
      const email = readEmail(options.email);
      await refuseTaken(tools, email.canonical);
      const made = await createAccount(
        accountTools(tools),
        { ...person, email, locale: options.locale },
        actor,
      );
      if (made === 'email_taken') throw emailTaken();
      await answer(
        run,
        made.id,
        options.json,
        `Account ${made.id} created; the link is on its way to ${email.value}.`,
      );
    });
}

const emailTaken = (): Failure =>
  new Failure('conflict', 'This e-mail belongs to another account; accounts show <e-mail> shows it.');

/** Two accounts that wait for one address are legal but never what an operator wants. */
async function refuseTaken({ db }: AdminTools, canonical: string): Promise<void> {
  const [standing] = await listProfilesByEmail(db, canonical);
  if (!standing) return;
  if (standing.emailProved) throw emailTaken();
  throw new Failure(
    'conflict',
    `Account ${standing.id} waits to prove this e-mail; to send the link again: accounts recover ${standing.id}`,
  );
}

function addList(accounts: Command, context: AdminContext): void {
  addPaging(
    addLeaf(accounts, 'list', {
      summary: 'accounts, oldest first',
      examples: ['accounts list --search иванов', 'accounts list --status blocked --json'],
    }),
  )
    .addOption(new Option('--status <status>', 'only accounts in this state').choices(['active', 'blocked']))
    .option('--search <text>', 'part of a family name, given name or e-mail')
    .action(async (options: PageOptions & Answer & { status?: Account['status']; search?: string }) => {
      const run = await startRun(context);
      const { tools, print } = run;
      const { limit, status } = options;
      const search = options.search && storableText(options.search);
      const after = options.after === undefined ? undefined : await findProfile(tools.db, options.after);
      if (options.after !== undefined && !after) throw badCursor();
      const rows = await listProfiles(tools.db, { status, search, after, limit: limit + 1 });
      const page = cutPage(rows, limit, ({ id }) => id);
      answerPage(run, options, page, accountJson, [
        { title: 'ID', cell: ({ id }) => id },
        { title: 'NAME', cell: fullName, shrinks: true },
        { title: 'E-MAIL', cell: ({ email }) => email ?? '–', shrinks: true },
        { title: 'STATUS', cell: (item) => item.status, alarming: (item) => item.status === 'blocked' },
        print.ageColumn(({ createdAt }) => createdAt),
      ]);
    });
}

function addShow(accounts: Command, context: AdminContext): void {
  addLeaf(accounts, 'show <id-or-email>', {
    summary: 'one account; its history: audit list --subject account:<id>',
    examples: ['accounts show ivan@example.com'],
  }).action(async (who: string, { json }: Answer) => {
    const { tools, print } = await startRun(context);
    const profile = await getAccount(tools.db, who);
    if (json) print.json(accountJson(profile));
    else print.facts(accountFacts(profile, print.time));
  });
}

function addBlock(accounts: Command, context: AdminContext): void {
  addLeaf(accounts, 'block <id-or-email>', {
    summary: 'keep a person out: ends every sign-in and token at once',
    examples: [
      'accounts block ivan@example.com --reason "left the company"',
      'accounts block ivan@example.com --reason "Доверенность закончилась" --note "заявка 1042"',
    ],
  })
    .requiredOption('--reason <text>', 'why; the person reads it, as it stands, after the right password')
    .option('--note <text>', 'what only the audit trail keeps; the person never reads it')
    .action(async (who: string, { json, reason, note }: Answer & { reason: string; note?: string }) => {
      const run = await startRun(context);
      const { tools, actor } = run;
      const kept = storableText(reason.trim());
      if (kept === '') throw new Failure('usage', 'Give a reason: whoever is asked later needs one.');
      const { id } = await getAccount(tools.db, who);
      const aside = note === undefined ? undefined : storableText(note.trim());
      if (!(await blockAccount(accountTools(tools), id, kept, actor, aside)))
        throw new Failure('conflict', `Account ${id} is blocked already; accounts show ${id} says why.`);
      await answer(run, id, json, `Account ${id} is blocked; its sign-ins and tokens have ended.`);
    });
}

function addUnblock(accounts: Command, context: AdminContext): void {
  addLeaf(accounts, 'unblock <id-or-email>', {
    summary: 'let a blocked person in again; they sign in anew',
    examples: ['accounts unblock ivan@example.com'],
  }).action(async (who: string, { json }: Answer) => {
    const run = await startRun(context);
    const { id } = await getAccount(run.tools.db, who);
    if (!(await unblockAccount(accountTools(run.tools), id, run.actor)))
      throw new Failure('conflict', `Account ${id} is not blocked.`);
    await answer(run, id, json, `Account ${id} may sign in again.`);
  });
}

function addSetEmail(accounts: Command, context: AdminContext): void {
  addLeaf(accounts, 'set-email <id-or-email> <new-email>', {
    summary: 'give an account another e-mail; its owner proves it by the link sent there',
    examples: ['accounts set-email ivan@example.com i.ivanov@example.com'],
  })
    .option('--yes', 'do not ask')
    .action(async (who: string, address: string, { json, yes }: Answer & { yes?: true }) => {
      const run = await startRun(context);
      const { tools, actor } = run;
      const email = readEmail(address);
      const { id } = await getAccount(tools.db, who);
      await refuseTaken(tools, email.canonical);
      await confirm(context, yes, 'The old e-mail stops signing in at once, and every sign-in ends.');
      const changed = await setEmail(accountTools(tools), id, email, actor);
      if (changed === 'email_taken') throw emailTaken();
      if (!changed) throw new Failure('notFound', 'The account has gone meanwhile.');
      await answer(
        run,
        id,
        json,
        `Account ${id} has a new e-mail; the link is on its way to ${email.value}.`,
      );
    });
}

function addRecover(accounts: Command, context: AdminContext): void {
  addLeaf(accounts, 'recover <account>', {
    summary: 'mail its owner a link that sets a password; earlier links and codes die',
    examples: ['accounts recover ivan@example.com'],
  }).action(async (who: string, { json }: Answer) => {
    const run = await startRun(context);
    const profile = await getAccount(run.tools.db, who);
    if (profile.status === 'blocked')
      throw new Failure('failed', `Account ${profile.id} is blocked; let it in first with accounts unblock.`);
    if (profile.email === null)
      throw new Failure('failed', 'The account has no e-mail; give it one with accounts set-email.');
    const email = readEmail(profile.email);
    const { actor, tools } = run;
    const subject = `account:${profile.id}`;
    await tools.db.transaction().execute(async (trx) => {
      await voidAccountTokens(trx, profile.id);
      const template = await sendSetPasswordLink(trx, accountTools(tools), profile, email);
      const details = { template };
      await recordEvent(trx, { event: 'link_sent', actor, subject, details }, tools.clock.now());
    });
    await answer(run, profile.id, json, `A new link is on its way to ${email.value}.`);
  });
}

function addSignOut(accounts: Command, context: AdminContext): void {
  addLeaf(accounts, 'sign-out <id-or-email>', {
    summary: 'end every sign-in and token of a person, who may then sign in again',
    examples: ['accounts sign-out ivan@example.com'],
  }).action(async (who: string, { json }: Answer) => {
    const run = await startRun(context);
    const { actor, tools } = run;
    const { id } = await getAccount(tools.db, who);
    const at = tools.clock.now();
    await tools.db.transaction().execute(async (trx) => {
      await endSessions(trx, id, at);
      await recordEvent(trx, { event: 'sessions_ended', actor, subject: `account:${id}` }, at);
    });
    await answer(run, id, json, `Every sign-in of account ${id} has ended.`);
  });
}
