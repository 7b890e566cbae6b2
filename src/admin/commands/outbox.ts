import { Option, type Command } from 'commander';
import { maskEmail } from '../../accounts/email-address';
import { maskPhone } from '../../accounts/phone-number';
import { openMessage, retryMessage } from '../../notifications/outbox';
import { findMessage, listMessages, type MessageFilter, type OutboxRow } from '../../notifications/store';
import { Failure, type AdminContext } from '../admin';
import {
  addLeaf,
  addNoun,
  addPaging,
  badCursor,
  cutPage,
  noteNext,
  startRun,
  type AddCommands,
  type PageOptions,
  type Run,
} from '../command';

/** `outbox`: messages to people, notices to relying parties that somebody signed out, and how their delivery goes; never what they say, since that holds live links. */
export const addOutbox: AddCommands = (program, context) => {
  const outbox = addNoun(program, 'outbox', {
    summary: 'messages to people, notices of sign-outs to relying parties, and their delivery',
    examples: ['outbox list --status dead'],
  });
  addList(outbox, context);
  addShow(outbox, context);
  addRetry(outbox, context);
};

const rowJson = (row: OutboxRow) => ({
  id: row.id,
  channel: row.channel,
  template: row.template,
  locale: row.locale,
  status: row.status,
  attempts: row.attempts,
  next_attempt_at: row.status === 'waiting' ? row.nextAttemptAt : null,
  last_error: row.lastError,
  created_at: row.createdAt,
  sent_at: row.sentAt,
});

function addList(outbox: Command, context: AdminContext): void {
  addPaging(
    addLeaf(outbox, 'list', {
      summary: 'messages, newest first',
      examples: ['outbox list --status dead', 'outbox list --json'],
    }),
  )
    .addOption(
      new Option('--status <status>', 'only messages in this state').choices(['waiting', 'sent', 'dead']),
    )
    .addOption(new Option('--channel <channel>', 'only these').choices(['email', 'sms', 'logout']))
    .action(async (options: PageOptions & { json?: true } & Pick<MessageFilter, 'status' | 'channel'>) => {
      const { tools, print } = await startRun(context);
      const { limit, after, status, channel, json } = options;
      if (after !== undefined && !(await findMessage(tools.db, after))) throw badCursor();
      const rows = await listMessages(tools.db, { status, channel, before: after, limit: limit + 1 });
      const { items, next } = cutPage(rows, limit, ({ id }) => id);
      if (json) {
        print.json({ items: items.map(rowJson), next });
        return;
      }
      print.table(items, [
        { title: 'ID', cell: ({ id }) => id },
        {
          title: 'TEMPLATE',
          cell: ({ template, channel, maskedTo }) =>
            channel === 'logout' ? `logout → ${maskedTo ?? ''}` : template,
        },
        { title: 'STATUS', cell: (row) => row.status, alarming: (row) => row.status === 'dead' },
        { title: 'TRIES', cell: ({ attempts }) => String(attempts) },
        print.timeColumn('CREATED', ({ createdAt }) => createdAt),
        { title: 'LAST ERROR', cell: ({ lastError }) => lastError ?? '–', shrinks: true },
      ]);
      noteNext(print, next);
    });
}

async function getMessage({ tools }: Run, id: string): Promise<OutboxRow> {
  const row = await findMessage(tools.db, id);
  if (!row) throw new Failure('notFound', 'There is no message of this id; outbox list shows them.');
  return row;
}

/** To whom, as far as it is good for recognising; null once the message was emptied. */
function recipientOf({ tools }: Run, row: OutboxRow): string | null {
  if (row.channel === 'logout') return row.maskedTo;
  if (row.sealed === null) return null;
  const { channel, to } = openMessage(tools.secrets, row);
  return channel === 'sms' ? maskPhone(to) : maskEmail(to);
}

function addShow(outbox: Command, context: AdminContext): void {
  addLeaf(outbox, 'show <id>', {
    summary: 'one message: to whom (masked) and how its delivery went; not what it says',
    examples: ['outbox show 5f0e6b1c-8a54-4a0e-9a56-0d7f1c2b3a49'],
  }).action(async (id: string, { json }: { json?: true }) => {
    const run = await startRun(context);
    const { print } = run;
    const row = await getMessage(run, id);
    const to = recipientOf(run, row);
    if (json) {
      print.json({ ...rowJson(row), to_masked: to });
      return;
    }
    print.facts([
      ['id', row.id],
      ['to', to ?? '(emptied after sending)'],
      ['template', [row.template, row.channel, row.locale].filter(Boolean).join(', ')],
      ['status', row.status],
      ['tries', String(row.attempts)],
      ['next try', row.status === 'waiting' ? print.time(row.nextAttemptAt) : '–'],
      ['last error', row.lastError ?? '–'],
      ['created', print.time(row.createdAt)],
      ['sent', print.time(row.sentAt)],
    ]);
  });
}

function addRetry(outbox: Command, context: AdminContext): void {
  addLeaf(outbox, 'retry <id>', {
    summary: 'send an unsent message again, at once and with all its tries',
    examples: ['outbox retry 5f0e6b1c-8a54-4a0e-9a56-0d7f1c2b3a49'],
  }).action(async (id: string, { json }: { json?: true }) => {
    const run = await startRun(context);
    await getMessage(run, id);
    if (!(await retryMessage(run.tools.db, id, run.actor, run.tools.clock)))
      throw new Failure('conflict', 'The message was sent already; there is nothing to send again.');
    if (json) run.print.json({ id, status: 'waiting' });
    else run.print.line(`Message ${id} will be tried again within seconds.`);
  });
}
