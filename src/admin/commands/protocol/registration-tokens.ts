import { InvalidArgumentError, type Command } from 'commander';
import { recordEvent } from '../../../audit/store';
import { SCOPES } from '../../../clients/client';
import {
  createRegistrationToken,
  listRegistrationTokens,
  revokeRegistrationToken,
  type RegistrationToken,
} from '../../../clients/registration-tokens';
import { addSeconds } from '../../../clock';
import { isUuid } from '../../../accounts/store';
import { Failure, type AdminContext } from '../../admin';
import { addLeaf, addNoun, nounOf, startRun, type AddCommands } from '../../command';

interface Answer {
  json?: true;
}

interface CreateOptions extends Answer {
  name: string;
  uses: number;
  days: number;
  scope: string;
}

/** `clients registration-token`: who may register software without an operator (RFC 7591). */
export const addRegistrationTokens: AddCommands = (program, context) => {
  const tokens = addNoun(nounOf(program, 'clients'), 'registration-token', {
    summary: 'tokens by which software registers itself as a relying party',
    examples: ['clients registration-token list'],
  });
  addCreate(tokens, context);
  addList(tokens, context);
  addRevoke(tokens, context);
};

const upTo = (most: number) => (text: string) => {
  const number = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > most) throw new InvalidArgumentError(`Give a whole number from 1 to ${most}.`);
  return number;
};

function readScope(text: string): string {
  const wanted = text.split(' ');
  if (!wanted.every((scope) => SCOPES.some((known) => known === scope)))
    throw new InvalidArgumentError(`Give scopes of ${SCOPES.join(', ')}, with spaces between them.`);
  return SCOPES.filter((scope) => wanted.includes(scope)).join(' ');
}

function addCreate(tokens: Command, context: AdminContext): void {
  addLeaf(tokens, 'create', {
    summary: 'make a token and print it once',
    examples: ['clients registration-token create --name "Partner GmbH" --uses 3 --days 7'],
  })
    .requiredOption('--name <text>', 'for whom it is')
    .option('--uses <n>', 'how many relying parties may be registered with it, 1 to 1000', upTo(1000), 1)
    .option('--days <n>', 'days until it ends, 1 to 90', upTo(90), 7)
    .option('--scope <scopes>', 'the most that they may ask people for', readScope, 'openid profile email')
    .action(async ({ name, uses, days, scope, json }: CreateOptions) => {
      const { tools, actor, print } = await startRun(context);
      if (tools.config.clientRegistration === 'off')
        throw new Failure('failed', 'Registration is off: set CLIENT_REGISTRATION=token first.');
      const at = tools.clock.now();
      const expiresAt = addSeconds(at, days * 86_400);
      const made = await tools.db.transaction().execute(async (trx) => {
        const given = { name: name.slice(0, 100), scope, uses, expiresAt, createdBy: actor };
        const token = await createRegistrationToken(trx, given, at);
        const subject = `registration_token:${token.id}`;
        const details = { name: given.name, uses, scope };
        await recordEvent(trx, { event: 'registration_token_created', actor, subject, details }, at);
        return token;
      });
      if (json) print.json({ ...made, expires_at: expiresAt, uses, scope });
      else
        print.facts([
          ['id', made.id],
          ['token', made.token],
          ['endpoint', `${tools.config.issuer}/reg`],
          ['ends', print.time(expiresAt)],
        ]);
      print.note('This token is shown only now; only its fingerprint is stored.');
    });
}

const stateOf = (token: RegistrationToken, now: Date): string => {
  if (token.revokedAt) return 'revoked';
  if (token.expiresAt <= now) return 'ended';
  return token.usesLeft === 0 ? 'used up' : 'open';
};

function addList(tokens: Command, context: AdminContext): void {
  addLeaf(tokens, 'list', {
    summary: 'tokens, newest first; never the tokens themselves',
    examples: ['clients registration-token list --json'],
  }).action(async ({ json }: Answer) => {
    const { tools, print } = await startRun(context);
    const now = tools.clock.now();
    const rows = await listRegistrationTokens(tools.db);
    if (json) {
      const items = rows.map((row) => ({
        ...{ id: row.id, name: row.name, state: stateOf(row, now), scope: row.scope },
        ...{ uses_left: row.usesLeft, expires_at: row.expiresAt, created_by: row.createdBy },
        ...{ created_at: row.createdAt, last_used_at: row.lastUsedAt, revoked_at: row.revokedAt },
      }));
      print.json({ items });
      return;
    }
    print.table(rows, [
      { title: 'ID', cell: ({ id }) => id },
      { title: 'NAME', cell: ({ name }) => name, shrinks: true },
      { title: 'STATE', cell: (row) => stateOf(row, now) },
      { title: 'USES', cell: ({ usesLeft }) => String(usesLeft) },
      print.timeColumn('ENDS', ({ expiresAt }) => expiresAt),
    ]);
  });
}

function addRevoke(tokens: Command, context: AdminContext): void {
  addLeaf(tokens, 'revoke <id>', {
    summary: 'nobody registers with it any more; who has, stays registered',
    examples: ['clients registration-token revoke 5f0e6b1c-8a54-4a0e-9a56-0d7f1c2b3a49'],
  }).action(async (id: string, { json }: Answer) => {
    const { tools, actor, print } = await startRun(context);
    const at = tools.clock.now();
    const revoked = await tools.db.transaction().execute(async (trx) => {
      if (!isUuid(id) || !(await revokeRegistrationToken(trx, id, at))) return false;
      const subject = `registration_token:${id}`;
      await recordEvent(trx, { event: 'registration_token_revoked', actor, subject }, at);
      return true;
    });
    if (!revoked)
      throw new Failure(
        'notFound',
        'There is no such token, or it was revoked before; clients registration-token list shows them.',
      );
    if (json) print.json({ id, revoked: true });
    else print.line(`Token ${id} revoked.`);
  });
}
