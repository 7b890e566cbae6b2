import { Option, type Command } from 'commander';
import { recordEvent } from '../../../audit/store';
import {
  resourceInput,
  resourceSubject,
  TOKEN_ALGORITHMS,
  TOKEN_FORMATS,
  type Resource,
  type ResourceInput,
} from '../../../clients/resource';
import {
  deleteResource,
  findResource,
  insertResource,
  listResources,
  updateResource,
} from '../../../clients/resource-store';
import { Failure, type AdminContext } from '../../admin';
import {
  addLeaf,
  addNoun,
  addPaging,
  confirm,
  cutPage,
  noteNext,
  startRun,
  type AddCommands,
  type PageOptions,
} from '../../command';
import { addDetailsTypes } from './types';

interface Answer {
  json?: true;
}

/** `resources`: the APIs that tokens are issued for. */
export const addResources: AddCommands = (program, context) => {
  const resources = addNoun(program, 'resources', {
    summary: 'APIs that tokens are issued for (RFC 8707); a relying party is let in by clients --resource',
    examples: ['resources list'],
  });
  addCreate(resources, context);
  addUpdate(resources, context);
  addList(resources, context);
  addDelete(resources, context);
  addDetailsTypes(resources, context);
};

interface CreateOptions extends Answer {
  name: string;
  scope: string;
  format: string;
  alg: string;
}

function addCreate(resources: Command, context: AdminContext): void {
  addLeaf(resources, 'create <uri>', {
    summary: 'register an API; the URI is the audience of its tokens',
    examples: [
      'resources create https://api.example.com/stock --name Склад --scope "stock:read stock:write companies"',
    ],
  })
    .requiredOption('--name <name>', 'shown to people who are asked for their consent')
    .requiredOption(
      '--scope <scopes>',
      'its scopes, with a colon in each; companies and contracts for those claims',
    )
    .addOption(new Option('--format <format>', 'of its tokens').choices(TOKEN_FORMATS).default('jwt'))
    .addOption(new Option('--alg <alg>', 'signs its JWTs').choices(TOKEN_ALGORITHMS).default('ES256'))
    .action(async (uri: string, options: CreateOptions) => {
      const { tools, actor, print } = await startRun(context);
      const { name, scope, format: tokenFormat, alg } = options;
      const input = readResource({ uri, name, scope, tokenFormat, alg });
      const at = tools.clock.now();
      const stored = await tools.db.transaction().execute(async (trx) => {
        if (!(await insertResource(trx, input, at))) return false;
        const details = { uri, scope, format: tokenFormat };
        await recordEvent(
          trx,
          { event: 'resource_created', actor, subject: resourceSubject(uri), details },
          at,
        );
        return true;
      });
      if (!stored) throw new Failure('conflict', 'There is an API of this URI already; delete it first.');
      if (options.json) print.json(resourceJson({ ...input, createdAt: at }));
      else
        print.line(`API ${uri} registered; clients update <id> --resource ${uri} lets a relying party in.`);
    });
}

/** @throws Failure naming every fault */
function readResource(value: Record<string, unknown>): ResourceInput {
  const read = resourceInput.safeParse(value);
  if (read.success) return read.data;
  const faults = read.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  throw new Failure('usage', `Cannot be registered: ${faults.join('; ')}.`);
}

function addUpdate(resources: Command, context: AdminContext): void {
  addLeaf(resources, 'update <uri>', {
    summary: 'change what is said of an API; tokens that are out stay as they are',
    examples: ['resources update https://api.example.com/stock --scope "stock:read companies" --alg EdDSA'],
  })
    .option('--name <name>', 'shown to people who are asked for their consent')
    .option('--scope <scopes>', 'its scopes; they replace all of them')
    .addOption(new Option('--format <format>', 'of its tokens').choices(TOKEN_FORMATS))
    .addOption(new Option('--alg <alg>', 'signs its JWTs').choices(TOKEN_ALGORITHMS))
    .action(async (uri: string, options: Partial<CreateOptions>) => {
      const { tools, actor, print } = await startRun(context);
      const { name, scope, format: tokenFormat, alg } = options;
      const said = Object.entries({ name, scope, tokenFormat, alg }).filter(
        ([, value]) => value !== undefined,
      );
      if (said.length === 0) throw new Failure('usage', 'Say what to change; --help lists what can be.');
      const standing = await findResource(tools.db, uri);
      if (!standing) throw new Failure('notFound', 'There is no API of this URI; resources list shows them.');
      const { createdAt, ...before } = standing;
      const { uri: _uri, ...change } = readResource({ ...before, ...Object.fromEntries(said) });
      await tools.db.transaction().execute(async (trx) => {
        if (!(await updateResource(trx, uri, change)))
          throw new Failure('notFound', 'The API has gone meanwhile.');
        const details = { uri, fields: said.map(([field]) => field) };
        const subject = resourceSubject(uri);
        await recordEvent(trx, { event: 'resource_updated', actor, subject, details }, tools.clock.now());
      });
      if (options.json) print.json(resourceJson({ uri, ...change, createdAt }));
      else print.line(`API ${uri} changed.`);
    });
}

const resourceJson = ({ uri, name, scope, tokenFormat, alg, createdAt }: Resource) => ({
  ...{ uri, name, scope, token_format: tokenFormat, alg },
  created_at: createdAt,
});

function addList(resources: Command, context: AdminContext): void {
  addPaging(addLeaf(resources, 'list', { summary: 'APIs by URI', examples: ['resources list'] })).action(
    async ({ limit, after, json }: PageOptions & Answer) => {
      const { tools, print } = await startRun(context);
      const rows = await listResources(tools.db, { after, limit: limit + 1 });
      const { items, next } = cutPage(rows, limit, ({ uri }) => uri);
      if (json) {
        print.json({ items: items.map(resourceJson), next });
        return;
      }
      print.table(items, [
        { title: 'URI', cell: ({ uri }) => uri, shrinks: true },
        { title: 'NAME', cell: ({ name }) => name, shrinks: true },
        {
          title: 'TOKENS',
          cell: ({ tokenFormat, alg }) => (tokenFormat === 'jwt' ? `jwt ${alg}` : 'opaque'),
        },
        { title: 'SCOPES', cell: ({ scope }) => scope, shrinks: true },
      ]);
      noteNext(print, next);
    },
  );
}

function addDelete(resources: Command, context: AdminContext): void {
  addLeaf(resources, 'delete <uri>', {
    summary: 'issue no more tokens for an API',
    examples: ['resources delete https://api.example.com/stock'],
  })
    .option('--yes', 'do not ask')
    .action(async (uri: string, options: Answer & { yes?: boolean }) => {
      const { tools, actor, print } = await startRun(context);
      const found = await findResource(tools.db, uri);
      if (!found) throw new Failure('notFound', 'There is no API of this URI; resources list shows them.');
      await confirm(context, options.yes, `No relying party gets tokens for ${found.name} any more.`);
      const at = tools.clock.now();
      await tools.db.transaction().execute(async (trx) => {
        if (!(await deleteResource(trx, uri))) throw new Failure('notFound', 'The API has gone meanwhile.');
        const details = { uri };
        await recordEvent(
          trx,
          { event: 'resource_deleted', actor, subject: resourceSubject(uri), details },
          at,
        );
      });
      if (options.json) print.json({ uri, deleted: true });
      else print.line(`API ${uri} deleted.`);
    });
}
