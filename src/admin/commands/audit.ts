import { InvalidArgumentError, type Command } from 'commander';
import { AUDIT_EVENTS, type AuditEvent } from '../../audit/audit';
import { verifyChain, type Breakage } from '../../audit/chain';
import { listEvents, type AuditRow, type ChainHead } from '../../audit/store';
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
} from '../command';

/** `audit`: what happened, newest first, and whether the trail is whole. */
export const addAudit: AddCommands = (program, context) => {
  const audit = addNoun(program, 'audit', { summary: 'the audit trail', examples: ['audit verify'] });
  addList(audit, context);
  addShow(audit, context);
  addVerify(audit, context);
};

const rowJson = (row: AuditRow) => ({
  id: row.id,
  at: row.at,
  event: row.event,
  actor: row.actor,
  subject: row.subject,
  client_id: row.clientId,
  address: row.address,
  request_id: row.requestId,
  details: row.details,
  seq: row.seq,
});

function readEvent(text: string): AuditEvent {
  if (!Object.hasOwn(AUDIT_EVENTS, text))
    throw new InvalidArgumentError(`Give one of: ${Object.keys(AUDIT_EVENTS).join(', ')}.`);
  return text as AuditEvent;
}

const ROW_ID = /^\d{1,18}$/;

function addList(audit: Command, context: AdminContext): void {
  addPaging(
    addLeaf(audit, 'list', {
      summary: 'events, newest first',
      examples: [
        'audit list --event account_blocked',
        'audit list --subject account:0b6f1c1e-5d0a-4b52-9a0e-6f0b3c1d2e4f',
      ],
    }),
  )
    .option('--event <event>', 'only events of this name', readEvent)
    .option(
      '--subject <subject>',
      'only what happened to this: account:<id>, client:<id>, key:<kid>, message:<id>',
    )
    .action(async (options: PageOptions & { json?: true; event?: AuditEvent; subject?: string }) => {
      const { tools, print } = await startRun(context);
      const { limit, after, event, subject, json } = options;
      if (after !== undefined && !ROW_ID.test(after)) throw badCursor();
      const rows = await listEvents(tools.db, { event, subject, before: after, limit: limit + 1 });
      const { items, next } = cutPage(rows, limit, ({ id }) => id);
      if (json) {
        print.json({ items: items.map(rowJson), next });
        return;
      }
      print.table(items, [
        { title: 'ID', cell: ({ id }) => id },
        print.timeColumn('AT', ({ at }) => at),
        { title: 'EVENT', cell: (row) => row.event },
        { title: 'ACTOR', cell: ({ actor }) => actor, shrinks: true },
        { title: 'SUBJECT', cell: (row) => row.subject ?? '–', shrinks: true },
      ]);
      noteNext(print, next);
    });
}

function addShow(audit: Command, context: AdminContext): void {
  addLeaf(audit, 'show <id>', { summary: 'everything about one event', examples: ['audit show 120'] }).action(
    async (id: string, { json }: { json?: true }) => {
      const { tools, print } = await startRun(context);
      const known = ROW_ID.test(id);
      const before = known ? String(BigInt(id) + 1n) : '';
      const [row] = known ? await listEvents(tools.db, { before, limit: 1 }) : [];
      if (!row || BigInt(row.id) !== BigInt(id))
        throw new Failure('notFound', 'There is no event of this id.');
      if (json) {
        print.json(rowJson(row));
        return;
      }
      const meaning = AUDIT_EVENTS[row.event as AuditEvent] as string | undefined;
      print.facts([
        ['id', row.id],
        ['at', print.time(row.at)],
        ['event', meaning ? `${row.event}: ${meaning}` : row.event],
        ['actor', row.actor],
        ['subject', row.subject ?? '–'],
        ['client', row.clientId ?? '–'],
        ['address', row.address ?? '–'],
        ['request', row.requestId ?? '–'],
        ['place in the chain', row.seq ?? 'not linked yet'],
        ...Object.entries(row.details).map(([name, value]) => detailFact(name, value)),
      ]);
    },
  );
}

/** Names of details come from our own code, but the row may have been tampered with. */
function detailFact(name: string, value: unknown): [string, string] {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return ['detail', `${name}: ${text}`];
}

const BREAKAGE: Record<Breakage, string> = {
  missing: 'the row of this place is gone',
  altered: 'the row is not what was written',
  duplicate: 'a second row claims this place',
  head: 'the recorded end of the chain does not fit its rows',
};

function readHead(text: string): ChainHead {
  // The head of an empty chain is 0: and nothing behind it.
  const [, seq, hash] = /^(\d{1,15}):([\w-]{43}|(?<=^0:))$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined)
    throw new InvalidArgumentError(
      'A head is a number, a colon and 43 letters or digits: copy it whole, as an earlier run printed it.',
    );
  return { seq: Number(seq), hash };
}

function addVerify(audit: Command, context: AdminContext): void {
  addLeaf(audit, 'verify', {
    summary: 'check the chain; ends with 1 and names the first broken row when it was tampered with',
    examples: ['audit verify', 'audit verify --known 120:Jf3cQ0m…'],
  })
    .option(
      '--known <head>',
      'the head that an earlier run printed: it must still lie on the chain',
      readHead,
    )
    .action(async ({ json, known }: { json?: true; known?: ChainHead }) => {
      const { tools, print } = await startRun(context);
      const report = await verifyChain(tools.db, tools.secrets, known);
      const { broken, checked, unlinked } = report;
      const head = `${report.head.seq}:${report.head.hash}`;
      if (json) print.json({ sound: !broken, checked, unlinked, head, broken: broken ?? null });
      else print.line(`${checked} rows sound, ${unlinked} not linked yet.`);
      if (broken) {
        const row = broken.id === undefined ? '' : ` (row ${broken.id})`;
        throw new Failure(
          'failed',
          `The audit chain is broken at place ${broken.seq}${row}: ${BREAKAGE[broken.reason]}; compare with a backup.`,
        );
      }
      if (json || checked === 0) return;
      print.line(`Head ${head}`);
      print.note('Keep the head elsewhere and pass it as --known next time.');
    });
}
