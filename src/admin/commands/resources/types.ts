import type { Command } from 'commander';
import { recordEvent } from '../../../audit/store';
import {
  detailsDefinition,
  type DetailsDefinition,
} from '../../../clients/authorization-types/authorization-type';
import {
  deleteAuthorizationType,
  findAuthorizationType,
  insertAuthorizationType,
  listAuthorizationTypes,
  type AuthorizationType,
} from '../../../clients/authorization-types/store';
import { resourceSubject } from '../../../clients/resource';
import { findResource } from '../../../clients/resource-store';
import { Failure, type AdminContext } from '../../admin';
import { addLeaf, confirm, startRun } from '../../command';

interface Answer {
  json?: true;
}

const MAX_FILE = 64 * 1024;

/** `resources add-type`, `list-types` and `remove-type`: authorization details (RFC 9396) that an API understands. */
export function addDetailsTypes(resources: Command, context: AdminContext): void {
  addAdd(resources, context);
  addListing(resources, context);
  addRemove(resources, context);
}

function readDefinition(text: string): DetailsDefinition {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failure('usage', 'The file is not JSON.');
  }
  const read = detailsDefinition.safeParse(value);
  if (read.success) return read.data;
  const faults = read.error.issues.map(({ path, message }) => [path.join('.'), message].join(' ').trim());
  throw new Failure('usage', `Cannot be registered: ${faults.join('; ')}.`);
}

const typeJson = ({ resourceUri, definition, createdAt }: AuthorizationType) => ({
  ...definition,
  resource: resourceUri,
  created_at: createdAt,
});

function addAdd(resources: Command, context: AdminContext): void {
  addLeaf(resources, 'add-type <uri> <file>', {
    summary: 'register a type of authorization details that an API understands (RFC 9396)',
    examples: ['resources add-type https://api.example.com/stock config/shipment.example.json'],
  }).action(async (uri: string, file: string, { json }: Answer) => {
    const { tools, actor, print } = await startRun(context);
    const definition = readDefinition((await context.io.readFile(file, MAX_FILE)).toString('utf8'));
    if (!(await findResource(tools.db, uri)))
      throw new Failure('notFound', 'There is no API of this URI; resources list shows them.');
    const createdAt = tools.clock.now();
    const { type } = definition;
    const stored = await tools.db.transaction().execute(async (trx) => {
      if (!(await insertAuthorizationType(trx, { resourceUri: uri, definition, createdAt }))) return false;
      const entry = { actor, subject: resourceSubject(uri), details: { uri, type } };
      await recordEvent(trx, { event: 'authorization_type_created', ...entry }, createdAt);
      return true;
    });
    if (!stored)
      throw new Failure(
        'conflict',
        'There is a type of this name already; remove it first, or choose another.',
      );
    if (json) print.json(typeJson({ resourceUri: uri, definition, createdAt }));
    else
      print.line(
        `Type ${type} registered; clients update <id> --details-type ${type} lets a relying party ask.`,
      );
  });
}

function addListing(resources: Command, context: AdminContext): void {
  addLeaf(resources, 'list-types', {
    summary: 'types of authorization details by name',
    examples: ['resources list-types'],
  }).action(async ({ json }: Answer) => {
    const { tools, print } = await startRun(context);
    const items = await listAuthorizationTypes(tools.db);
    if (json) {
      print.json({ items: items.map(typeJson) });
      return;
    }
    print.table(items, [
      { title: 'TYPE', cell: ({ definition }) => definition.type },
      { title: 'API', cell: ({ resourceUri }) => resourceUri, shrinks: true },
      { title: 'TEXT', cell: ({ definition }) => definition.text.ru, shrinks: true },
      { title: 'FIELDS', cell: ({ definition }) => Object.keys(definition.fields).join(' '), shrinks: true },
    ]);
  });
}

function addRemove(resources: Command, context: AdminContext): void {
  addLeaf(resources, 'remove-type <type>', {
    summary: 'grant nothing of this type any more; new tokens leave it out',
    examples: ['resources remove-type stock_shipment'],
  })
    .option('--yes', 'do not ask')
    .action(async (type: string, options: Answer & { yes?: boolean }) => {
      const { tools, actor, print } = await startRun(context);
      const found = await findAuthorizationType(tools.db, type);
      if (!found) throw new Failure('notFound', 'There is no such type; resources list-types shows them.');
      await confirm(context, options.yes, `Nobody is granted ${type} any more.`);
      const at = tools.clock.now();
      await tools.db.transaction().execute(async (trx) => {
        if (!(await deleteAuthorizationType(trx, type)))
          throw new Failure('notFound', 'The type has gone meanwhile.');
        const subject = resourceSubject(found.resourceUri);
        const details = { uri: found.resourceUri, type };
        await recordEvent(trx, { event: 'authorization_type_deleted', actor, subject, details }, at);
      });
      if (options.json) print.json({ type, deleted: true });
      else print.line(`Type ${type} removed.`);
    });
}
