import type { Command } from 'commander';
import { clientId, hasSecret, type Client } from '../../clients/client';
import {
  changeClient,
  registerClient,
  removeClient,
  rotateClientSecret,
} from '../../clients/register-client';
import { listClients, type ClientChange } from '../../clients/store';
import type { Config } from '../../config';
import { fingerprint, randomToken } from '../../secrets';
import { Failure, type AdminContext } from '../admin';
import {
  addClientOptions,
  clientJson,
  getClient,
  metadataOf,
  readClientId,
  readLogo,
  readRegistration,
  type ClientOptions,
} from '../client-options';
import { checkSubjects } from '../clients/check-subjects';
import { requireKnownPaths } from '../clients/known-paths';
import { noteCertificates } from '../clients/note-certificates';
import { readKeys } from '../clients/protocol-options';
import {
  addLeaf,
  addNoun,
  addPaging,
  badCursor,
  confirm,
  cutPage,
  noteNext,
  startRun,
  type AddCommands,
  type PageOptions,
} from '../command';

interface Answer {
  json?: true;
}

interface Confirmed extends Answer {
  yes?: true;
}

const ONCE = 'This secret is shown only now; only its fingerprint is stored.';

/** `clients`: the relying parties. A secret is printed once, when it is made. */
export const addClients: AddCommands = (program, context) => {
  const clients = addNoun(program, 'clients', {
    summary: 'relying parties: the applications people sign in to',
    examples: ['clients list'],
  });
  addCreate(clients, context);
  addList(clients, context);
  addShow(clients, context);
  addUpdate(clients, context);
  addDelete(clients, context);
  addRotateSecret(clients, context);
};

function addCreate(clients: Command, context: AdminContext): void {
  const leaf = addLeaf(clients, 'create', {
    summary: 'register a relying party and print its secret once',
    examples: [
      'clients create --id cabinet --name "Личный кабинет" --redirect-uri https://lk.example.com/callback',
      'clients create --id app --name App --public --native --redirect-uri com.example.app:/callback',
      'clients create --id bank --name Bank --profile fapi2 --jwks keys.json --redirect-uri https://bank.example.com/cb',
    ],
  })
    .requiredOption('--id <id>', 'client_id: 2 to 63 of a-z, 0-9, ".", "_", "-"', readClientId)
    .requiredOption('--name <name>', 'shown to people on the sign-in page');
  addClientOptions(leaf)
    .option('--pkce-exempt', 'may leave out PKCE; only for software that cannot do it, and audited')
    .action(async (options: ClientOptions & Answer & { id: string }) => {
      const run = await startRun(context);
      const { tools, actor, print } = run;
      const { id, json } = options;
      const keys = await readKeys(context.io, options);
      const input = readRegistration(options, { client_id: id }, keys);
      requireKnownPaths(tools, options.registrationPath);
      await checkSubjects(tools.config, input);
      const logo = options.logo ? await readLogo(context.io, options.logo) : undefined;
      const made = await registerClient(tools, input, { actor, pkceExempt: options.pkceExempt });
      if (made === 'id_taken')
        throw new Failure(
          'conflict',
          `The id ${id} is taken; change that relying party with clients update ${id}.`,
        );
      if (logo) await changeClient(tools, id, logo, actor);
      const client = await getClient(tools.db, id);
      if (json) {
        print.json({
          ...clientJson(client),
          ...(made.secret === undefined ? {} : { client_secret: made.secret }),
        });
      } else {
        print.facts([
          ['client_id', id],
          ...(made.secret === undefined ? [] : [['client_secret', made.secret] as const]),
          ['issuer', tools.config.issuer],
        ]);
      }
      if (made.secret !== undefined) print.note(ONCE);
      noteCertificates(run, client);
    });
}

const listOf = (client: Client, name: string): string[] => {
  const value = client.metadata[name];
  return Array.isArray(value) ? value.map(String) : [];
};

const kindOf = (client: Client): string => {
  const type = client.metadata.application_type === 'native' ? 'native' : 'web';
  if (client.metadata.token_endpoint_auth_method === 'private_key_jwt') return `${type}, key`;
  return client.secretHash === null ? `${type}, public` : type;
};

function addList(clients: Command, context: AdminContext): void {
  addPaging(
    addLeaf(clients, 'list', { summary: 'relying parties by id', examples: ['clients list'] }),
  ).action(async ({ limit, after, json }: PageOptions & Answer) => {
    const { tools, print } = await startRun(context);
    if (after !== undefined && !clientId.safeParse(after).success) throw badCursor();
    const { items, next } = cutPage(
      await listClients(tools.db, { after, limit: limit + 1 }),
      limit,
      ({ id }) => id,
    );
    if (json) {
      print.json({ items: items.map(clientJson), next });
      return;
    }
    print.table(items, [
      { title: 'ID', cell: ({ id }) => id, shrinks: true },
      { title: 'NAME', cell: ({ name }) => name, shrinks: true },
      { title: 'KIND', cell: kindOf },
      {
        title: 'PKCE',
        cell: (item) => (item.pkceExempt ? 'exempt' : 'yes'),
        alarming: (item) => item.pkceExempt,
      },
      { title: 'REDIRECTS', cell: (item) => listOf(item, 'redirect_uris').join(' ') || '–', shrinks: true },
      print.ageColumn(({ createdAt }) => createdAt),
    ]);
    noteNext(print, next);
  });
}

function shownValue(value: unknown): string {
  if (Array.isArray(value)) return value.join(' ') || '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function addShow(clients: Command, context: AdminContext): void {
  addLeaf(clients, 'show <id>', {
    summary: 'one relying party; its secret cannot be shown again',
    examples: ['clients show cabinet'],
  }).action(async (id: string, { json }: Answer) => {
    const { tools, print } = await startRun(context);
    const client = await getClient(tools.db, id);
    if (json) {
      print.json(clientJson(client));
      return;
    }
    print.facts([
      ['client_id', client.id],
      ['name', client.name],
      ['secret', client.secretHash === null ? 'none' : 'stored as a fingerprint'],
      ['PKCE', client.pkceExempt ? 'may be left out' : 'required'],
      ['logo', client.logoType ?? 'none'],
      ...Object.entries(client.metadata).map(([name, value]): [string, string] => [
        name.slice(0, 40),
        shownValue(value),
      ]),
      ['created', print.time(client.createdAt)],
      ['changed', print.time(client.updatedAt)],
    ]);
  });
}

function addUpdate(clients: Command, context: AdminContext): void {
  const leaf = addLeaf(clients, 'update <id>', {
    summary: 'change what is said; a list replaces the whole list, "" takes a value away',
    examples: [
      'clients update cabinet --redirect-uri https://lk.example.com/cb --alg ES256',
      'clients update cabinet --client-uri "" --no-logo',
    ],
  }).option('--name <name>', 'shown to people on the sign-in page');
  addClientOptions(leaf)
    .option('--no-logo', 'take the picture away')
    .option('--pkce-exempt', 'may leave out PKCE; audited')
    .option('--no-pkce-exempt', 'PKCE is required again')
    .action(async (id: string, options: ClientOptions & Answer) => {
      const run = await startRun(context);
      const { tools, actor, print } = run;
      const standing = await getClient(tools.db, id);
      requireKnownPaths(tools, options.registrationPath);
      const { change, secret } = await readChange(context, tools.config, standing, options);
      const client = await changeClient(tools, id, change, actor);
      if (!client) throw new Failure('notFound', 'The relying party has gone meanwhile.');
      if (json(options))
        print.json({ ...clientJson(client), ...(secret === undefined ? {} : { client_secret: secret }) });
      else print.line(`Relying party ${id} changed.`);
      noteCertificates(run, client);
      if (secret === undefined) return;
      if (!json(options)) print.facts([['client_secret', secret]]);
      print.note(ONCE);
    });
}

const json = (options: Answer): boolean => options.json === true;

/** What an update stores; a public client that becomes confidential gets its first secret. */
async function readChange(
  { io }: AdminContext,
  config: Config,
  standing: Client,
  options: ClientOptions,
): Promise<{ change: ClientChange; secret: string | undefined }> {
  const { json: _json, ...said } = options as ClientOptions & Answer;
  if (Object.keys(said).length === 0)
    throw new Failure('usage', 'Say what to change; --help lists what can be.');
  const before = { ...standing.metadata, client_id: standing.id, client_name: standing.name };
  const input = readRegistration(options, before, await readKeys(io, options));
  await checkSubjects(config, input);
  const confidential = hasSecret(input.token_endpoint_auth_method);
  const secret = confidential && standing.secretHash === null ? randomToken() : undefined;
  const change: ClientChange = {
    ...(input.client_name === standing.name ? {} : { name: input.client_name }),
    metadata: metadataOf(input),
    ...(secret === undefined ? {} : { secretHash: fingerprint(secret) }),
    ...(confidential || standing.secretHash === null ? {} : { secretHash: null }),
    ...(options.pkceExempt === undefined ? {} : { pkceExempt: options.pkceExempt }),
    ...(options.logo === false ? { logo: null, logoType: null } : {}),
    ...(options.logo ? await readLogo(io, options.logo) : {}),
  };
  return { change, secret };
}

function addDelete(clients: Command, context: AdminContext): void {
  addLeaf(clients, 'delete <id>', {
    summary: 'remove a relying party with its grants and refresh tokens',
    examples: ['clients delete cabinet'],
  })
    .option('--yes', 'do not ask')
    .action(async (id: string, options: Confirmed) => {
      const { tools, actor, print } = await startRun(context);
      const client = await getClient(tools.db, id);
      await confirm(
        context,
        options.yes,
        `${client.name} (${id}) is removed, and nobody can sign in to it any more.`,
      );
      if (!(await removeClient(tools, id, actor)))
        throw new Failure('notFound', 'The relying party has gone meanwhile.');
      if (json(options)) print.json({ client_id: id, deleted: true });
      else print.line(`Relying party ${id} deleted.`);
    });
}

function addRotateSecret(clients: Command, context: AdminContext): void {
  addLeaf(clients, 'rotate-secret <id>', {
    summary: 'make a new secret and print it once; the old one dies at once',
    examples: ['clients rotate-secret cabinet', 'clients rotate-secret cabinet --yes --json'],
  })
    .option('--yes', 'do not ask')
    .action(async (id: string, options: Confirmed) => {
      const { tools, actor, print } = await startRun(context);
      const client = await getClient(tools.db, id);
      if (client.secretHash === null)
        throw new Failure('failed', `${id} is public and has no secret; give it one with --auth-method.`);
      await confirm(
        context,
        options.yes,
        `${client.name} (${id}) cannot get tokens until it has the new secret.`,
      );
      const secret = await rotateClientSecret(tools, id, actor);
      if (secret === undefined) throw new Failure('notFound', 'The relying party has gone meanwhile.');
      if (json(options)) print.json({ client_id: id, client_secret: secret });
      else
        print.facts([
          ['client_id', id],
          ['client_secret', secret],
        ]);
      print.note(ONCE);
    });
}
